// Brings the files of a pack into the cache: looks at what is there, fetches what is missing or damaged, each source at
// most once and by one process at a time. Must never hand out a file whose sha256 was not just seen to be right.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { adopt, cachedPath, fileState, hasLeftovers, withWorkFolder, type FileState } from './cache.js';
import { sha256OfBytes } from './hash.js';
import type { ManifestFile, PackManifest } from './manifest.js';
import { ModelError } from './model-error.js';
import { sourceKind } from './sources/source-kind.js';
import type { FetchJob, FetchSource, Progress } from './sources/source.js';

export interface FetchOptions {
  readonly cacheDir: string;
  /** Never use the network: what is missing is an error. */
  readonly offline?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  /** One line about something that was put right, such as a damaged file that is fetched again. */
  readonly onWarning?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** How long a source may be silent, in milliseconds. */
  readonly stallMs?: number;
}

/** What a pack's files and a test's material have in common. */
export type FileSet = Pick<PackManifest, 'sources' | 'folder'> & { readonly files: readonly ManifestFile[] };

/**
 * Makes sure that every file lies whole in the cache (`cachedPath` tells where).
 * @throws ModelError `FETCH_FAILED`, `WRONG_HASH`, `CORRUPT_CACHE`, `OFFLINE`, `CACHE_UNUSABLE` or `ABORTED`
 */
export async function ensureFiles(set: FileSet, options: FetchOptions): Promise<void> {
  for (const [name, source] of Object.entries(set.sources)) {
    const ofSource = set.files.filter((file) => file.source === name);
    const lacking = await lackingFiles(ofSource, options);
    if (lacking.length === 0) continue;
    const kind = await sourceKind(source.from);
    if (kind.needsNetwork && options.offline) throw offlineError(lacking, source.from, options.cacheDir);
    await withWorkFolder(
      options.cacheDir,
      sha256OfBytes(Buffer.from(source.from)).slice(0, 32),
      options.signal,
      async (folder) => {
        // Another process may have brought them while this one waited.
        const still = await lackingFiles(ofSource, options);
        if (still.length === 0) return;
        for (const { file, state } of still) {
          if (state.state === 'damaged') options.onWarning?.(`${damageOf(file, options.cacheDir)}; it is fetched again`);
        }
        const { onProgress = () => undefined, signal, stallMs } = options;
        const files = still.map(({ file }) => file);
        await fetchChecked(
          {
            source,
            files,
            folder,
            manifestFolder: set.folder,
            onProgress,
            ...(signal ? { signal } : {}),
            ...(stallMs ? { stallMs } : {}),
          },
          kind.fetch,
          options.cacheDir,
        );
      },
    );
  }
}

interface Lacking {
  readonly file: ManifestFile;
  readonly state: FileState;
}

async function lackingFiles(files: readonly ManifestFile[], options: FetchOptions): Promise<Lacking[]> {
  const lacking: Lacking[] = [];
  for (const file of files) {
    const state = await fileState(cachedPath(options.cacheDir, file.sha256), file.sha256);
    if (state.state !== 'ok') lacking.push({ file, state });
  }
  return lacking;
}

async function fetchChecked(job: FetchJob, fetch: FetchSource, cacheDir: string): Promise<void> {
  const resumed = await hasLeftovers(job.folder);
  try {
    await fetch(job);
    for (const file of job.files) {
      await adopt(cacheDir, join(job.folder, file.sha256), file.sha256, file.path ?? job.source.from);
    }
  } catch (error) {
    if (!(error instanceof ModelError && error.code === 'WRONG_HASH')) throw error;
    // Nothing of it may be taken up again. If part of it was of an older run, that part may have been what was wrong.
    await rm(job.folder, { recursive: true, force: true });
    if (!resumed) throw error;
    await mkdir(job.folder);
    await fetchChecked(job, fetch, cacheDir);
  }
}

function damageOf(file: ManifestFile, cacheDir: string): string {
  return `the model file ${cachedPath(cacheDir, file.sha256)} is damaged`;
}

function offlineError(lacking: readonly Lacking[], from: string, cacheDir: string): ModelError {
  for (const { file, state } of lacking) {
    if (state.state !== 'damaged') continue;
    return new ModelError(
      'CORRUPT_CACHE',
      `${damageOf(file, cacheDir)}: its sha256 should be ${file.sha256} but is ${state.actual}, and it may not be fetched again offline`,
    );
  }
  const files = lacking.map(({ file }) => file.path ?? file.source).join(', ');
  return new ModelError(
    'OFFLINE',
    `${files} of ${from} is not in the model cache at ${cacheDir}, and offline nothing is fetched`,
  );
}
