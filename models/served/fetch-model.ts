// Brings a version of a model from elsewhere into a folder of the cache, once. Its files lie in the content-addressed cache as all
// others do; the folder has them under their names, beside a record of where they came from and what they hash to.
import { constants, copyFile, link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cachedPath, fileState, moveIntoPlace, withWorkFolder } from '../cache.js';
import { sha256OfBytes, sha256OfFile } from '../hash.js';
import { makeFolder } from '../make-folder.js';
import { ModelError, systemCodeOf } from '../model-error.js';
import { fetchInto } from './fetch-files.js';
import type { FetchModelOptions, ModelEntry } from './model-entry.js';
import { checkedName, filesOfFolder, type ServedFiles } from './model-folders.js';

const recordSchema = z.strictObject({
  from: z.string(),
  path: z.string().optional(),
  files: z.record(z.string(), z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int().nonnegative() })),
});
/** Where the files of a version came from and what they hash to. */
export type FetchedRecord = Readonly<z.infer<typeof recordSchema>>;

const RECORD = 'source.json';

/**
 * The files of a version, fetched if the cache does not hold them whole. What lies there already stays as it is until all of the new has
 * come and is seen to be right.
 * @throws ModelError `FETCH_FAILED`, `WRONG_HASH`, `OFFLINE`, `CACHE_UNUSABLE` or `ABORTED`
 */
export async function fetchModel(entry: ModelEntry, options: FetchModelOptions): Promise<ServedFiles> {
  const place = placeOf(entry, options.cacheDir);
  if (!(await isWhole(entry, place))) {
    const id = `${entry.name}@${entry.version}`;
    if (options.offline && !entry.from.startsWith('file:')) {
      throw new ModelError(
        'OFFLINE',
        `${id} of ${entry.from} is not in the model cache at ${options.cacheDir}, and offline nothing is fetched`,
      );
    }
    const key = sha256OfBytes(Buffer.from(`${id} ${entry.from} ${entry.path ?? ''}`)).slice(0, 32);
    await withWorkFolder(options.cacheDir, key, options.signal, async (folder) => {
      // Another process may have brought it while this one waited.
      if (!(await isWhole(entry, place))) await fetchTo(place, entry, folder, options);
    });
  }
  return filesOfFolder(place, entry.name, entry.version);
}

/** What was recorded of a fetched version; undefined where there is none. */
export async function fetchedRecord(cacheDir: string, name: string, version: string): Promise<FetchedRecord | undefined> {
  return readRecord(placeOf({ name, version }, cacheDir));
}

function placeOf({ name, version }: Pick<ModelEntry, 'name' | 'version'>, cacheDir: string): string {
  return join(cacheDir, 'served', checkedName(name, 'name'), checkedName(version, 'version'));
}

/** Whether the folder holds what the entry means, and nothing in it has changed. */
async function isWhole(entry: ModelEntry, place: string): Promise<boolean> {
  const record = await readRecord(place);
  if (record === undefined || record.from !== entry.from || record.path !== entry.path) return false;
  for (const [name, expected] of Object.entries(entry.files ?? {})) {
    if (expected.sha256 !== undefined && record.files[name]?.sha256 !== expected.sha256) return false;
  }
  for (const [name, { sha256 }] of Object.entries(record.files)) {
    if ((await fileState(join(place, name), sha256)).state !== 'ok') return false;
  }
  return true;
}

async function fetchTo(place: string, entry: ModelEntry, folder: string, options: FetchModelOptions): Promise<void> {
  const names = await fetchInto(folder, entry, options);
  const files: Record<string, { sha256: string; bytes: number }> = {};
  for (const name of names) files[name] = await checkedFile(join(folder, name), name, entry);
  const made = join(folder, 'made');
  await rm(made, { recursive: true, force: true });
  makeFolder(made);
  for (const [name, { sha256 }] of Object.entries(files)) {
    const cached = cachedPath(options.cacheDir, sha256);
    await moveIntoPlace(join(folder, name), cached);
    await linked(cached, join(made, name));
  }
  const record: FetchedRecord = { from: entry.from, ...(entry.path === undefined ? {} : { path: entry.path }), files };
  await writeFile(join(made, RECORD), `${JSON.stringify(record, null, 2)}\n`, { flush: true });
  makeFolder(join(place, '..'));
  await moveAside(place, join(folder, 'before'));
  await rename(made, place);
}

async function checkedFile(path: string, name: string, entry: ModelEntry): Promise<{ sha256: string; bytes: number }> {
  const expected = entry.files?.[name]?.sha256;
  const sha256 = await sha256OfFile(path);
  const { size } = await stat(path);
  if (expected === undefined || expected === sha256) return { sha256, bytes: size };
  // Nothing of it may be taken up again.
  await rm(path, { force: true });
  throw new ModelError('WRONG_HASH', `${name} of ${entry.from} is refused: its sha256 should be ${expected} but is ${sha256}`);
}

/** One file under two names, or a copy where the disk has no such thing. */
async function linked(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!['EPERM', 'EXDEV', 'ENOSYS', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP'].includes(systemCodeOf(error) ?? '')) throw error;
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  }
}

async function moveAside(path: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  try {
    await rename(path, to);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
}

async function readRecord(place: string): Promise<FetchedRecord | undefined> {
  try {
    return recordSchema.safeParse(JSON.parse(await readFile(join(place, RECORD), 'utf8'))).data;
  } catch (error) {
    // One that is damaged is as good as none: the version is fetched again.
    if (error instanceof SyntaxError || systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
