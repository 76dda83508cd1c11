// Where pictures are dropped or chosen: by pointer, by keyboard, or a whole folder.
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { Button } from '../components/button.js';
import { DropTarget } from '../components/drop-target.js';
import { toast } from '../components/toast.js';
import { t } from '../i18n/i18n.js';
import { chosenPictures, droppedPictures, type Picked } from './dropped-files.js';
import { leftOutText } from './left-out.js';

/** Not called where nothing was chosen. */
type OnPictures = (picked: Picked) => void;

/** Kinds that a system does not know as pictures would be grey in its choice of files: those are given by suffix as well. */
const PICTURE_FILES = 'image/*,.jfif,.jpe,.webp,.bmp,.tif,.tiff,.avif,.heic,.heif,.jxl';

interface PictureDropProps {
  /** Absent for somebody who may add none. */
  readonly onPictures: OnPictures | undefined;
  readonly children: ComponentChildren;
}

/** Takes pictures that are dropped anywhere on it. */
export function PictureDrop({ onPictures, children }: PictureDropProps) {
  return (
    <DropTarget
      class="people-drop"
      overClass="people-drop-over"
      hint={t('people.drop_here')}
      onDrop={onPictures && ((files) => void droppedPictures(files).then(onPictures))}
    >
      {children}
    </DropTarget>
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
