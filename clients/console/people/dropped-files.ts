// The pictures of a drop or a choice of files, folders opened, each with its path. Bounded: a whole disk that is dropped by
// mistake is not read through.

export interface PictureFile {
  readonly file: File;
  /** With the folders that were dropped with it. */
  readonly path: string;
}

export const MOST_FILES = 1_000;
const PICTURE = /\.(jpe?g|png|webp|heic|heif|gif|bmp|tiff?|avif)$/i;

export function isPicture({ type, name }: Pick<File, 'type' | 'name'>): boolean {
  return type.startsWith('image/') || PICTURE.test(name);
}

/** Must be called within the event's own turn: the browser takes the items back afterwards. */
export async function droppedPictures(transfer: DataTransfer): Promise<readonly PictureFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const files = [...transfer.files];
  if (entries.every((entry) => entry === null)) return chosenPictures(files);
  const found: PictureFile[] = [];
  for (const entry of entries) if (entry) await collect(entry, found);
  return found;
}

export function chosenPictures(files: Iterable<File>): readonly PictureFile[] {
  return [...files]
    .filter(isPicture)
    .slice(0, MOST_FILES)
    .map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

async function collect(entry: FileSystemEntry, into: PictureFile[]): Promise<void> {
  if (into.length >= MOST_FILES || entry.name.startsWith('.')) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    if (isPicture(file)) into.push({ file, path: entry.fullPath });
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
