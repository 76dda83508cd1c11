// The files of a model's folder, from each kind of source into one folder. They are looked for by the names that they have in a
// model's folder; what else lies there is not asked for.
import { createReadStream } from 'node:fs';
import { copyFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, posix, resolve } from 'node:path';
import { sha512IntegrityOfFile } from '../hash.js';
import { isArchive } from '../manifest.js';
import { ModelError, reasonOf, systemCodeOf } from '../model-error.js';
import { unpackChosen } from '../sources/archive.js';
import { download, LARGEST_DOWNLOAD, SourceRefusal } from '../sources/download.js';
import { fullDiskError, isFullDisk } from '../sources/full-disk.js';
import type { FetchModelOptions, ModelEntry } from './model-entry.js';
import { LARGEST_SIDE_FILE, MODEL_FILE_NAMES, modelFileAt, SIDE_FILE_NAMES } from './model-folders.js';

/** Answers to a request for a file that is not there; stores of objects that may not be listed say 403. */
const ABSENT = new Set([403, 404, 410]);
const isModelPath = (path: string): boolean => /\.(onnx|h5|hdf5|keras)(|\.gz|\.zst)$/i.test(path);

/**
 * @returns the names of the files that came
 * @throws ModelError `FETCH_FAILED`, `WRONG_HASH`, `CACHE_UNUSABLE` or `ABORTED`
 */
export async function fetchInto(folder: string, entry: ModelEntry, options: FetchModelOptions): Promise<string[]> {
  const { from } = entry;
  let names: string[];
  try {
    if (isArchive(from)) names = await fromArchive(folder, entry, options);
    else if (from.startsWith('file:')) names = await fromFiles(folder, entry, options);
    else names = await fromWeb(folder, entry, options);
  } catch (error) {
    if (isFullDisk(error)) {
      await removeAll(folder);
      throw fullDiskError(folder, from, error);
    }
    throw error;
  }
  if (names.some((name) => MODEL_FILE_NAMES.includes(name))) return names;
  throw new ModelError('FETCH_FAILED', `there is no model file at ${from}: model.onnx, .h5, .hdf5 or .keras`);
}

async function fromWeb(folder: string, entry: ModelEntry, options: FetchModelOptions): Promise<string[]> {
  const { from } = entry;
  const names: string[] = [];
  const take = async (address: string, name: string, largestBytes: number): Promise<void> => {
    await downloadAs(address, name, folder, entry, { ...options, largestBytes });
    names.push(name);
  };
  const isFolder = from.endsWith('/');
  // An address with a signature is good for that file alone.
  const beside = isFolder ? from : from.includes('?') ? null : from.slice(0, from.lastIndexOf('/') + 1);
  // The small ones first: a download that fails late is one of the large one.
  if (beside !== null) for (const name of SIDE_FILE_NAMES) await ifThere(take(beside + name, name, LARGEST_SIDE_FILE));
  const largest = options.largestBytes ?? LARGEST_DOWNLOAD;
  if (!isFolder) {
    const path = from.startsWith('s3:') ? from : new URL(from).pathname;
    await take(from, modelFileAt(path).fileName, largest);
    return names;
  }
  const known = MODEL_FILE_NAMES.filter((name) => entry.files?.[name] !== undefined);
  let refusal: SourceRefusal | null = null;
  for (const name of known.length > 0 ? known : MODEL_FILE_NAMES) {
    refusal = await ifThere(take(from + name, name, largest));
    if (refusal === null) return names;
  }
  // That one may not look is told as it is, and not as if nothing were there.
  if (refusal !== null && (refusal.status === 403 || known.length > 0)) throw refusal;
  return names;
}

/** Why it is not there; null where it came. @throws what else went wrong */
async function ifThere(taking: Promise<void>): Promise<SourceRefusal | null> {
  try {
    await taking;
    return null;
  } catch (error) {
    if (error instanceof SourceRefusal && ABSENT.has(error.status)) return error;
    throw error;
  }
}

async function downloadAs(
  from: string,
  name: string,
  folder: string,
  entry: ModelEntry,
  options: FetchModelOptions,
): Promise<void> {
  const { onProgress = () => undefined, signal, stallMs, largestBytes } = options;
  const expected = entry.files?.[name];
  const partial = join(folder, `${name}.partial`);
  const hashed = expected?.sha256 !== undefined;
  await download({ from, partial, expectedBytes: expected?.bytes, hashed, largestBytes, stallMs, onProgress, signal });
  await rename(partial, join(folder, name));
}

async function fromFiles(
  folder: string,
  { from, folder: base = '.', files }: ModelEntry,
  options: FetchModelOptions,
): Promise<string[]> {
  const path = resolve(base, from.slice('file:'.length));
  try {
    const isFolder = (await stat(path)).isDirectory();
    const own = isFolder ? null : modelFileAt(path).fileName;
    const place = isFolder ? path : dirname(path);
    const wanted = own === null ? [...MODEL_FILE_NAMES, ...SIDE_FILE_NAMES] : SIDE_FILE_NAMES;
    const there = new Set(await readdir(place));
    const sources = wanted.filter((name) => there.has(name)).map((name) => [name, join(place, name)] as const);
    if (own !== null) sources.push([own, path]);
    for (const [name, source] of sources) {
      const { size } = await stat(source);
      needSize(source, name, size, files?.[name]?.bytes, options);
      await copyFile(source, join(folder, name));
      options.onProgress?.({ file: source, receivedBytes: size, totalBytes: size });
    }
    return sources.map(([name]) => name);
  } catch (error) {
    if (error instanceof ModelError || isFullDisk(error)) throw error;
    throw new ModelError('FETCH_FAILED', `${path} could not be copied: ${reasonOf(error)}`, { cause: error });
  }
}

async function fromArchive(folder: string, entry: ModelEntry, options: FetchModelOptions): Promise<string[]> {
  const { from, path = '', integrity } = entry;
  const { onProgress = () => undefined, signal, stallMs, largestBytes } = options;
  let names: string[] = [];
  const unpack = (chunks: AsyncIterable<Uint8Array>, stripped: number): Promise<void> => {
    names = [];
    return unpackChosen(chunks, stripped, (found, size) => {
      const name = nameInFolder(found, path);
      if (name === null) return null;
      needSize(`${found} of ${from}`, name, size, entry.files?.[name]?.bytes, options);
      names.push(name);
      return join(folder, name);
    });
  };
  if (from.startsWith('npm:')) {
    const { withTarball } = await import('../sources/npm.js');
    const source = { from, ...(integrity === undefined ? {} : { integrity }) };
    const job = { source, folder, onProgress, ...(signal ? { signal } : {}), ...(stallMs ? { stallMs } : {}) };
    await withTarball(job, (chunks) => unpack(chunks, 1));
    return names;
  }
  const isFile = from.startsWith('file:');
  const archive = isFile ? resolve(entry.folder ?? '.', from.slice('file:'.length)) : join(folder, 'archive.partial');
  const hashed = integrity !== undefined;
  if (!isFile) await download({ from, partial: archive, hashed, largestBytes, stallMs, onProgress, signal });
  try {
    const actual = hashed ? await sha512IntegrityOfFile(archive) : undefined;
    if (actual !== integrity) {
      throw new ModelError('WRONG_HASH', `${from} is refused: its integrity should be ${integrity ?? ''} but is ${actual ?? ''}`);
    }
    await unpack(createReadStream(archive), 0);
  } catch (error) {
    if (error instanceof ModelError || (systemCodeOf(error) !== 'ENOENT' && isFullDisk(error))) throw error;
    throw new ModelError('FETCH_FAILED', `${from} could not be unpacked: ${reasonOf(error)}`, { cause: error });
  } finally {
    if (!isFile) await rm(archive, { force: true });
  }
  return names;
}

/** The name in a model's folder of a file within an archive; null where it is not wanted. @param path of the folder or the model file */
function nameInFolder(found: string, path: string): string | null {
  const place = isModelPath(path) ? posix.dirname(path) : path.replace(/\/+$/, '');
  if (isModelPath(path) && posix.normalize(found) === posix.normalize(path)) return modelFileAt(path).fileName;
  if (posix.dirname(posix.normalize(found)) !== posix.normalize(place || '.')) return null;
  const name = basename(found);
  const names: readonly string[] = isModelPath(path) ? SIDE_FILE_NAMES : [...MODEL_FILE_NAMES, ...SIDE_FILE_NAMES];
  return names.includes(name) ? name : null;
}

function needSize(shown: string, name: string, size: number, expected: number | undefined, options: FetchModelOptions): void {
  const isSide = (SIDE_FILE_NAMES as readonly string[]).includes(name);
  const largest = isSide ? LARGEST_SIDE_FILE : (options.largestBytes ?? LARGEST_DOWNLOAD);
  if (expected !== undefined && size !== expected) {
    throw new ModelError('FETCH_FAILED', `${shown} is refused: it should have ${expected} bytes, it has ${size}`);
  }
  if (size > largest) throw new ModelError('FETCH_FAILED', `${shown} is refused: it has more than ${largest} bytes`);
}

async function removeAll(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}
