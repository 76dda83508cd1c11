// The pictures of a drop or a choice of files, folders opened, each with its path, and how many files were left out. Bounded:
// a whole disk that is dropped by mistake is not read through.
import { HEAD_BYTES, isPictureName, isSystemName, pictureKind } from '../../pictures/picture-kind.js';

export interface PictureFile {
  readonly file: File;
  /** With the folders that were dropped with it. */
  readonly path: string;
}
export interface Picked {
  readonly pictures: readonly PictureFile[];
  /** Files that are no pictures. Hidden ones, which nobody chose, do not count. */
  readonly notPictures: number;
  /** There were more than are taken at once. */
  readonly isCut: boolean;
}

export const MOST_FILES = 1_000;

/** By its name or its type, else by its bytes: for HEIC and AVIF many systems give no type, and names may lack a suffix. */
async function isPicture(file: File): Promise<boolean> {
  if (file.type.startsWith('image/') || isPictureName(file.name)) return true;
  try {
    return pictureKind(new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer())) !== undefined;
  } catch {
    // Gone since it was chosen, or not to be read.
    return false;
  }
}

/** Must be called within the event's own turn: the browser takes the items back afterwards. */
export async function droppedPictures(transfer: DataTransfer): Promise<Picked> {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry());
  const files = Array.from(transfer.files);
  if (entries.every((entry) => entry === null)) return chosenPictures(files);
  const found: PictureFile[] = [];
  for (const entry of entries) if (entry) await collect(entry, found);
  return sorted(found);
}

export async function chosenPictures(files: Iterable<File>): Promise<Picked> {
  return sorted([...files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
}

/** The folder that was chosen itself may be called as its owner likes. */
function isOfSystem(path: string): boolean {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.slice(parts.length > 1 ? 1 : 0).some(isSystemName);
}

async function sorted(found: readonly PictureFile[]): Promise<Picked> {
  const seen = found.filter(({ path }) => !isOfSystem(path));
  const pictures: PictureFile[] = [];
  let looked = 0;
  for (const one of seen) {
    if (pictures.length > MOST_FILES) break;
    looked += 1;
    if (await isPicture(one.file)) pictures.push(one);
  }
  return {
    pictures: pictures.slice(0, MOST_FILES),
    notPictures: looked - pictures.length,
    isCut: pictures.length > MOST_FILES || found.length > MOST_FILES,
  };
}

async function collect(entry: FileSystemEntry, into: PictureFile[]): Promise<void> {
  // One more than is taken: that there are more is told.
  if (into.length > MOST_FILES || isSystemName(entry.name)) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    into.push({ file, path: entry.fullPath });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A folder is told in parts; an empty part is its end.
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return;
    for (const one of part) await collect(one, into);
  }
}
