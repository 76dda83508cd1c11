// The folder that holds fetched models, each under its sha256. A filled cache is only read: no network, no lock, no write.
// What gets a name in it must be whole and checked first: files are made elsewhere in the cache and renamed into place.
import { open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lock } from 'proper-lockfile';
import { sha256OfFile } from './hash.js';
import { makeFolder } from './make-folder.js';
import { ModelError, reasonOf, systemCodeOf } from './model-error.js';

/** A lock not touched for this long belonged to a process that died. Longer than checking a model blocks its thread. */
const STALE_LOCK_MS = 10_000;

export type FileState =
  | { readonly state: 'ok' }
  | { readonly state: 'missing' }
  /** `actual`: what the file hashes to. */
  | { readonly state: 'damaged'; readonly actual: string };

/** Where the file of that sha256 lies, or would lie. */
export function cachedPath(cacheDir: string, sha256: string): string {
  return join(cacheDir, 'sha256', sha256.slice(0, 2), sha256);
}

/**
 * Hashes a cached file. Done in full at every start: the default pack takes 10 ms, one of 200 MB 0.15 s, and anything
 * less (size, time of change) would let a rotten disk or a half-restored backup into the inference.
 * @throws ModelError `CACHE_UNUSABLE`
 */
export async function fileState(path: string, sha256: string): Promise<FileState> {
  try {
    const actual = await sha256OfFile(path);
    return actual === sha256 ? { state: 'ok' } : { state: 'damaged', actual };
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return { state: 'missing' };
    throw unusable(path, error);
  }
}

/**
 * Moves a file that lies elsewhere in the cache to the place of its hash, once that hash is right.
 * @param label what people know the file as
 * @throws ModelError `WRONG_HASH` with both hashes
 */
export async function adopt(cacheDir: string, from: string, sha256: string, label: string): Promise<void> {
  const actual = await sha256OfFile(from);
  if (actual !== sha256) {
    throw new ModelError('WRONG_HASH', `${label} is refused: its sha256 should be ${sha256} but is ${actual}`);
  }
  await moveIntoPlace(from, cachedPath(cacheDir, sha256));
}

/** Gives a whole file, which lies elsewhere in the cache, its name: readers see all of it or nothing, even after a power cut. */
export async function moveIntoPlace(from: string, target: string): Promise<void> {
  makeFolder(dirname(target));
  await flush(from);
  await rename(from, target);
}

/**
 * Runs `work` while no other process works under the same key. It gets a folder of its own, which may still hold what an
 * interrupted run left there; the folder goes when `work` succeeds.
 * @throws ModelError `CACHE_UNUSABLE` or `ABORTED`; what `work` throws
 */
export async function withWorkFolder<T>(
  cacheDir: string,
  key: string,
  signal: AbortSignal | undefined,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = join(cacheDir, 'work', key);
  const release = await takeLock(cacheDir, folder, signal);
  try {
    makeFolder(folder);
    const result = await work(folder);
    await rm(folder, { recursive: true, force: true });
    return result;
  } catch (error) {
    // A full or read-only disk, which can show anywhere in the work.
    throw !(error instanceof ModelError) && systemCodeOf(error) !== undefined ? unusable(cacheDir, error) : error;
  } finally {
    await release();
  }
}

/** Whether a work folder holds anything of an earlier run. */
export async function hasLeftovers(folder: string): Promise<boolean> {
  return (await readdir(folder)).length > 0;
}

async function takeLock(cacheDir: string, folder: string, signal: AbortSignal | undefined): Promise<() => Promise<void>> {
  try {
    makeFolder(dirname(folder));
  } catch (error) {
    throw unusable(cacheDir, error);
  }
  for (;;) {
    if (signal?.aborted) throw new ModelError('ABORTED', 'fetching models was given up');
    try {
      return await lock(folder, {
        realpath: false,
        lockfilePath: `${folder}.lock`,
        stale: STALE_LOCK_MS,
        retries: { retries: 4, minTimeout: 50, maxTimeout: 500 },
        // Losing the lock (a laptop that slept) costs a second download at worst: files appear by rename, checked.
        onCompromised: () => undefined,
      });
    } catch (error) {
      if (systemCodeOf(error) !== 'ELOCKED') throw unusable(cacheDir, error);
    }
  }
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unusable(path: string, error: unknown): ModelError {
  return new ModelError(
    'CACHE_UNUSABLE',
    `the model cache at ${path} cannot be used: ${reasonOf(error)}; ONLOOKER_MODELS_DIR names another folder`,
    { cause: error },
  );
}
