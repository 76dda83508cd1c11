// A video for the live view: dropped anywhere on it, or chosen. What is none changes nothing.
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { DropTarget } from '../components/drop-target.js';
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
  const input = useRef<HTMLInputElement>(null);
  const take = async (file: File | undefined) => {
    if (!file || !onFilm) return;
    if (await isPlayable(file)) onFilm(file);
    else toast(t('live.not_playable', { name: file.name }), { tone: 'warn' });
  };
  if (!onFilm) return <div class="live-drop">{children(() => undefined)}</div>;
  return (
    <DropTarget class="live-drop" hint={t('live.drop_here')} onDrop={({ files: [file] }) => void take(file)}>
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
    </DropTarget>
  );
}
