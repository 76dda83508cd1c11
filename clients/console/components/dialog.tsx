// A modal dialog on the browser's own <dialog>: it keeps the focus inside, closes on Escape and gives the focus back.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { t } from '../i18n/i18n.js';
import { Button } from './button.js';

interface DialogProps {
  readonly title: string;
  /** Asked to close: by Escape, the cross, or a click beside it. The owner stops showing it. */
  readonly onClose: () => void;
  readonly wide?: boolean | undefined;
  /** Something was entered that a click beside it must not throw away. */
  readonly keepsInput?: boolean | undefined;
  /** Buttons, the main one last. */
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Dialog({ title, onClose, wide, keepsInput = false, actions, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const isPressedBeside = useRef(false);
  const titleId = useId();
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={wide ? 'dialog dialog-wide' : 'dialog'}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => (isPressedBeside.current = event.target === element.current)}
      onClick={(event) => {
        // A text that is marked and let go of outside ends in a click on the dialog too.
        if (event.target === element.current && isPressedBeside.current && !keepsInput) onClose();
      }}
    >
      <div class="dialog-body">
        <header class="dialog-header">
          <h2 id={titleId}>{title}</h2>
          <Button kind="quiet" icon="close" label={t('shell.close')} onClick={onClose} />
        </header>
        <div class="dialog-content">{children}</div>
        {actions !== undefined && <footer class="dialog-actions">{actions}</footer>}
      </div>
    </dialog>
  );
}
