// The pictures of a drop or a choice of files, folders opened, each with its path, and how many files were left out. Bounded:
// a whole disk that is dropped by mistake is not read through.

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
const PICTURE = /\.(jpe?g|png|webp|heic|heif|gif|bmp|tiff?|avif)$/i;

export function isPicture({ type, name }: Pick<File, 'type' | 'name'>): boolean {
  return type.startsWith('image/') || PICTURE.test(name);
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

export function chosenPictures(files: Iterable<File>): Picked {
  return sorted([...files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
}

function sorted(found: readonly PictureFile[]): Picked {
  const seen = found.filter(({ file }) => !file.name.startsWith('.'));
  const pictures = seen.filter(({ file }) => isPicture(file));
  return {
    pictures: pictures.slice(0, MOST_FILES),
    notPictures: seen.length - pictures.length,
    isCut: pictures.length > MOST_FILES || found.length > MOST_FILES,
  };
}

async function collect(entry: FileSystemEntry, into: PictureFile[]): Promise<void> {
  // One more than is taken: that there are more is told.
  if (into.length > MOST_FILES || entry.name.startsWith('.')) return;
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
