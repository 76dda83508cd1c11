// Where pictures are dropped or chosen: by pointer, by keyboard, or a whole folder.
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Button } from '../components/button.js';
import { Icon } from '../components/icon.js';
import { toast } from '../components/toast.js';
import { t } from '../i18n/i18n.js';
import { chosenPictures, droppedPictures, type Picked } from './dropped-files.js';
import { leftOutText } from './left-out.js';

/** Not called where nothing was chosen. */
type OnPictures = (picked: Picked) => void;

/** Kinds that a system does not know as pictures would be grey in its choice of files: those are given by suffix as well. */
const PICTURE_FILES = 'image/*,.jfif,.jpe,.webp,.bmp,.tif,.tiff,.avif,.heic,.heif,.jxl';

interface DropTargetProps {
  /** Absent for somebody who may add none. */
  readonly onPictures: OnPictures | undefined;
  readonly children: ComponentChildren;
}

/** Takes what is dropped anywhere on it, and shows that it would. */
export function DropTarget({ onPictures, children }: DropTargetProps) {
  const [isOver, setOver] = useState(false);
  const depth = useRef(0);
  if (!onPictures) return <div class="people-drop">{children}</div>;
  const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  return (
    <div
      class={isOver ? 'people-drop people-drop-over' : 'people-drop'}
      onDragEnter={(event) => {
        if (!carriesFiles(event)) return;
        // Of two that lie one in the other, the inner one alone takes it.
        event.stopPropagation();
        depth.current += 1;
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!carriesFiles(event)) return;
        event.stopPropagation();
        depth.current -= 1;
        if (depth.current <= 0) setOver(false);
      }}
      onDragOver={(event) => {
        if (carriesFiles(event)) event.preventDefault();
      }}
      onDrop={(event) => {
        if (!event.dataTransfer || !carriesFiles(event)) return;
        event.preventDefault();
        event.stopPropagation();
        depth.current = 0;
        setOver(false);
        void droppedPictures(event.dataTransfer).then(onPictures);
      }}
    >
      {children}
      {isOver && (
        <div class="drop-hint" aria-hidden="true">
          <Icon name="upload" size={32} />
          <span>{t('people.drop_here')}</span>
        </div>
      )}
    </div>
  );
}

/** Where there is no picture among them that is said, and no dialog opens for nothing. */
export function isWorthOpening(picked: Picked): boolean {
  if (picked.pictures.length > 0) return true;
  const text = leftOutText(picked);
  if (text !== '') toast(text, { tone: 'warn' });
  return false;
}

/** The buttons that open the browser's choice of files. */
export function ChoosePictures({ onPictures, folders = true }: { readonly onPictures: OnPictures; readonly folders?: boolean }) {
  return (
    <span class="row">
      <ChooseButton label={t('people.choose')} onPictures={onPictures} />
      {folders && <ChooseButton label={t('people.choose_folder')} onPictures={onPictures} isFolder />}
    </span>
  );
}

interface ChooseButtonProps {
  readonly label: string;
  readonly onPictures: OnPictures;
  readonly isFolder?: boolean;
}

function ChooseButton({ label, onPictures, isFolder = false }: ChooseButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={(element) => {
          input.current = element;
          if (element) element.webkitdirectory = isFolder;
        }}
        type="file"
        multiple
        accept={PICTURE_FILES}
        hidden
        aria-label={label}
        onChange={(event) => {
          const files = Array.from(event.currentTarget.files ?? []);
          event.currentTarget.value = '';
          void chosenPictures(files).then((chosen) => {
            if (chosen.pictures.length + chosen.notPictures > 0) onPictures(chosen);
          });
        }}
      />
      <Button icon="upload" onClick={() => input.current?.click()}>
        {label}
      </Button>
    </>
  );
}
