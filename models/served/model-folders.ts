// Where served models lie: `<root>/<name>/<version>/` with a model file and what belongs to it. Finds and names the files, and reads
// none. What people mount may be links (a root, Kubernetes' `..data`), but nothing outside the root is ever looked at.
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { ModelError, reasonOf, systemCodeOf } from '../model-error.js';
import { compareVersions, latestOf } from './version-order.js';

/** Of a model or version: not hidden, no path, and no `@`, which parts the two in an id. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/;
/** The version that is the highest; no folder may be called that. */
export const LATEST = 'latest';

const FORMATS = { onnx: 'onnx', h5: 'keras', hdf5: 'keras', keras: 'keras' } as const;
const COMPRESSIONS = { '': null, '.gz': 'gzip', '.zst': 'zstd' } as const;

export interface ModelFile {
  readonly path: string;
  /** As it is called in a folder, such as `model.h5.gz`. */
  readonly fileName: string;
  readonly format: 'onnx' | 'keras';
  readonly compression: 'gzip' | 'zstd' | null;
}

/** The files of one version of a model. */
export interface ServedFiles {
  readonly name: string;
  readonly version: string;
  readonly model: ModelFile;
  readonly classes?: string;
  readonly thresholds?: string;
  readonly manifest?: string;
}

export interface ListedModel {
  readonly name: string;
  /** Newest first. */
  readonly versions: readonly string[];
}

/** Names of every file that a model's folder may have, the model's own first. */
export const MODEL_FILE_NAMES: readonly string[] = Object.keys(FORMATS).flatMap((format) =>
  Object.keys(COMPRESSIONS).map((ending) => `model.${format}${ending}`),
);
export const SIDE_FILE_NAMES = ['classes.txt', 'thresholds.csv', 'manifest.json'] as const;
/** Bytes of a text file beside a model: far more than any has, and nothing that fills memory. */
export const LARGEST_SIDE_FILE = 16 << 20;

/** @throws ModelError `UNKNOWN_MODEL` where it is no name that a folder may have */
export function checkedName(name: string, what: 'name' | 'version'): string {
  if (NAME.test(name) && !(what === 'version' && name === LATEST)) return name;
  const shown = JSON.stringify(name.slice(0, 100));
  throw new ModelError(
    'UNKNOWN_MODEL',
    `${shown} is no ${what} of a model: letters, digits and . _ + - are, not beginning with a sign`,
  );
}

/**
 * The models of a root and their versions, by name.
 * @param onWarning one line about each folder that is passed over; hidden ones are passed over in silence
 * @throws ModelError `UNKNOWN_MODEL` where the root cannot be read
 */
export async function listModels(root: string, onWarning: (line: string) => void = () => undefined): Promise<ListedModel[]> {
  const top = await rootOf(root);
  const models: ListedModel[] = [];
  for (const name of await foldersIn(top, top, 'name', onWarning)) {
    const versions = await foldersIn(top, join(top, name), 'version', onWarning);
    if (versions.length === 0) onWarning(`${join(root, name)} has no folder of a version and is passed over`);
    else models.push({ name, versions: versions.sort(compareVersions).reverse() });
  }
  return models.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The files of a version.
 * @param version `latest` is the highest
 * @throws ModelError `UNKNOWN_MODEL` where there is no such folder, `BAD_MANIFEST` where it has no model file or several
 */
export async function modelFiles(root: string, name: string, version: string): Promise<ServedFiles> {
  checkedName(name, 'name');
  const top = await rootOf(root);
  const asked = version === LATEST ? await latestIn(top, root, name) : checkedName(version, 'version');
  const folder = await insideOf(top, join(top, name, asked));
  if (folder === null || !(await stat(folder)).isDirectory()) {
    throw new ModelError('UNKNOWN_MODEL', `there is no model ${name}@${asked} in ${root}`);
  }
  return filesOf(top, folder, name, asked);
}

/**
 * The same of a folder that lies by itself.
 * @throws as `modelFiles` does
 */
export async function filesOfFolder(folder: string, name: string, version: string): Promise<ServedFiles> {
  const top = await rootOf(folder);
  return filesOf(top, top, checkedName(name, 'name'), checkedName(version, 'version'));
}

/**
 * A model file wherever it lies, its format by its name.
 * @throws ModelError `BAD_MANIFEST` where it is called neither `.onnx`, `.h5`, `.hdf5` nor `.keras`, also with `.gz` or `.zst`
 */
export function modelFileAt(path: string): ModelFile {
  const match = /\.(onnx|h5|hdf5|keras)(|\.gz|\.zst)$/i.exec(path);
  const format = match?.[1]?.toLowerCase() as keyof typeof FORMATS | undefined;
  if (format === undefined) {
    throw new ModelError('BAD_MANIFEST', `${path} is called neither .onnx, .h5, .hdf5 nor .keras, with or without .gz or .zst`);
  }
  const ending = (match?.[2]?.toLowerCase() ?? '') as keyof typeof COMPRESSIONS;
  return {
    path: resolve(path),
    fileName: `model.${format}${ending}`,
    format: FORMATS[format],
    compression: COMPRESSIONS[ending],
  };
}

/** Changes whenever a file of the version does, by names, sizes and times: what tells that a folder is to be read again. */
export async function stampOf(files: ServedFiles): Promise<string> {
  const paths = [files.model.path, files.classes, files.thresholds, files.manifest];
  const parts = paths.map(async (path) => {
    if (path === undefined) return '-';
    const { ino, size, mtimeMs } = await stat(path);
    return `${path}:${ino}:${size}:${mtimeMs}`;
  });
  return (await Promise.all(parts)).join('|');
}

async function filesOf(top: string, folder: string, name: string, version: string): Promise<ServedFiles> {
  const label = `${name}@${version}`;
  const models: string[] = [];
  for (const fileName of MODEL_FILE_NAMES) if (await fileIn(top, folder, fileName, label)) models.push(fileName);
  const [only, second] = models;
  if (only === undefined)
    throw new ModelError('BAD_MANIFEST', `${label} has no model file in ${folder}: model.onnx, .h5, .hdf5 or .keras`);
  if (second !== undefined)
    throw new ModelError('BAD_MANIFEST', `${label} has several model files in ${folder}: ${models.join(', ')}`);
  const [classes, thresholds, manifest] = await Promise.all(
    SIDE_FILE_NAMES.map((fileName) => fileIn(top, folder, fileName, label)),
  );
  return {
    name,
    version,
    model: modelFileAt(join(folder, only)),
    ...(classes ? { classes } : {}),
    ...(thresholds ? { thresholds } : {}),
    ...(manifest ? { manifest } : {}),
  };
}

async function latestIn(top: string, root: string, name: string): Promise<string> {
  const folder = await insideOf(top, join(top, name));
  const latest = folder === null ? undefined : latestOf(await foldersIn(top, folder, 'version', () => undefined));
  if (latest === undefined) throw new ModelError('UNKNOWN_MODEL', `there is no version of a model ${name} in ${root}`);
  return latest;
}

async function foldersIn(
  top: string,
  folder: string,
  what: 'name' | 'version',
  onWarning: (line: string) => void,
): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder)) {
    if (entry.startsWith('.')) continue;
    const path = join(folder, entry);
    try {
      const real = await insideOf(top, path);
      if (real === null || !(await stat(real)).isDirectory()) continue;
      found.push(checkedName(entry, what));
    } catch (error) {
      onWarning(`${path} is passed over: ${reasonOf(error)}`);
    }
  }
  return found;
}

/** Its path as it was asked for, once it is seen to be a file within; undefined where there is none. */
async function fileIn(top: string, folder: string, fileName: string, label: string): Promise<string | undefined> {
  const path = join(folder, fileName);
  const real = await insideOf(top, path);
  if (real === null) return undefined;
  if ((await stat(real)).isFile()) return path;
  throw new ModelError('BAD_MANIFEST', `${path} of ${label} is no file`);
}

/** The real path of what lies within the root; null where there is nothing. @throws ModelError where a link leads out of it */
async function insideOf(top: string, path: string): Promise<string | null> {
  let real: string;
  try {
    real = await realpath(path);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'ENOTDIR') return null;
    throw new ModelError('UNKNOWN_MODEL', `${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
  if (real === top || real.startsWith(top.endsWith(sep) ? top : top + sep)) return real;
  throw new ModelError('UNKNOWN_MODEL', `${path} leads out of the folder of models and is not followed`);
}

async function rootOf(root: string): Promise<string> {
  try {
    return await realpath(root);
  } catch (error) {
    throw new ModelError('UNKNOWN_MODEL', `the folder of models ${root} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}
