// A video for the live view: dropped anywhere on it, or chosen. What is none changes nothing.
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Icon } from '../components/icon.js';
import { toast } from '../components/toast.js';
import { t } from '../i18n/i18n.js';
import { isPlayable } from './playable.js';

interface FilmDropProps {
  /** Absent where none is taken. */
  readonly onFilm: ((file: File) => void) | undefined;
  /** @param open opens the browser's choice of files */
  readonly children: (open: () => void) => ComponentChildren;
}

export function FilmDrop({ onFilm, children }: FilmDropProps) {
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const depth = useRef(0);
  const take = async (file: File | undefined) => {
    if (!file || !onFilm) return;
    if (await isPlayable(file)) onFilm(file);
    else toast(t('live.not_playable', { name: file.name }), { tone: 'warn' });
  };
  const enter = (change: number) => {
    depth.current = Math.max(0, depth.current + change);
    setOver(depth.current > 0);
  };
  if (!onFilm) return <div class="live-drop">{children(() => undefined)}</div>;
  return (
    <div
      class="live-drop"
      onDragEnter={() => enter(1)}
      onDragLeave={() => enter(-1)}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        enter(-depth.current);
        const [file] = event.dataTransfer?.files ?? [];
        void take(file);
      }}
    >
      <input
        ref={input}
        class="visually-hidden"
        type="file"
        accept="video/*"
        tabIndex={-1}
        aria-label={t('live.open_film')}
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          event.currentTarget.value = '';
          void take(file);
        }}
      />
      {children(() => input.current?.click())}
      {isOver && (
        <div class="drop-hint" aria-hidden="true">
          <Icon name="upload" size={32} />
          <span>{t('live.drop_here')}</span>
        </div>
      )}
    </div>
  );
}
