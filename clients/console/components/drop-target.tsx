// Takes files that are dropped anywhere on it, and shows that it would.
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Icon } from './icon.js';

interface DropTargetProps {
  readonly class: string;
  /** Added while files are over it. */
  readonly overClass?: string | undefined;
  /** What would happen, in words. */
  readonly hint: string;
  /** Absent where nothing is taken. */
  readonly onDrop: ((files: DataTransfer) => void) | undefined;
  readonly children: ComponentChildren;
}

export function DropTarget({ class: name, overClass, hint, onDrop, children }: DropTargetProps) {
  const [isOver, setOver] = useState(false);
  const depth = useRef(0);
  if (!onDrop) return <div class={name}>{children}</div>;
  const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  const entered = (event: DragEvent, change: number) => {
    if (!carriesFiles(event)) return;
    // Of two that lie one in the other, the inner one alone takes it.
    event.stopPropagation();
    depth.current = Math.max(0, depth.current + change);
    setOver(depth.current > 0);
  };
  return (
    <div
      class={isOver && overClass !== undefined ? `${name} ${overClass}` : name}
      onDragEnter={(event) => entered(event, 1)}
      onDragLeave={(event) => entered(event, -1)}
      onDragOver={(event) => {
        if (carriesFiles(event)) event.preventDefault();
      }}
      onDrop={(event) => {
        if (!event.dataTransfer || !carriesFiles(event)) return;
        event.preventDefault();
        entered(event, -depth.current);
        onDrop(event.dataTransfer);
      }}
    >
      {children}
      {isOver && (
        <div class="drop-hint" aria-hidden="true">
          <Icon name="upload" size={32} />
          <span>{hint}</span>
        </div>
      )}
    </div>
  );
}
