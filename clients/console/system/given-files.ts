// Files that are to be a version of a model: which of them are, and what it may be called. Pure.
const MODEL_FILE = /\.(onnx|h5|hdf5|keras)(|\.gz|\.zst)$/i;
const SIDE_FILES: readonly string[] = ['classes.txt', 'thresholds.csv', 'manifest.json'];
const NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/;

/** A file, and the name that it has in a model's folder. */
export interface GivenFile {
  readonly file: File;
  readonly as: string;
}

/** What of the files belongs to a model; of several model files the first. */
export function givenFiles(files: readonly File[]): readonly GivenFile[] {
  const model = files.find(({ name }) => MODEL_FILE.test(name));
  const sides = files.filter(({ name }) => SIDE_FILES.includes(name.toLowerCase()));
  return [
    ...(model ? [{ file: model, as: `model${MODEL_FILE.exec(model.name)?.[0].toLowerCase() ?? ''}` }] : []),
    ...sides.map((file) => ({ file, as: file.name.toLowerCase() })),
  ];
}

/** Newer ones in the place of those of the same kind. */
export function withFiles(before: readonly GivenFile[], more: readonly GivenFile[]): readonly GivenFile[] {
  const kind = ({ as }: GivenFile) => (as.startsWith('model.') ? 'model' : as);
  const kinds = new Set(more.map(kind));
  return [...more, ...before.filter((one) => !kinds.has(kind(one)))].sort((a, b) =>
    kind(a) === 'model' ? -1 : kind(b) === 'model' ? 1 : 0,
  );
}

/** A name for a model by that of its file. */
export function suggestedName(files: readonly GivenFile[]): string {
  const model = files.find(({ as }) => as.startsWith('model.'));
  const name = (model?.file.name ?? '').replace(MODEL_FILE, '').replace(/[^A-Za-z0-9._+-]+/g, '-');
  return name.replace(/^[^A-Za-z0-9]+/, '').slice(0, 100);
}

/** The whole number after the highest there is. */
export function suggestedVersion(versions: readonly string[]): string {
  const highest = versions.reduce((most, version) => Math.max(most, Math.floor(Number.parseFloat(version)) || 0), 0);
  return String(highest + 1);
}

export const isName = (text: string): boolean => NAME.test(text);
