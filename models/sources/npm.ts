// Files out of an npm package's tarball, and of nothing else: no dependency is followed and no script is run.
import '../library-environment.js';
import { once } from 'node:events';
import pacote from 'pacote';
import { ModelError, reasonOf, systemCodeOf } from '../model-error.js';
import { unpackWanted } from './archive.js';
import { counted } from './counted.js';
import { LARGEST_DOWNLOAD } from './download.js';
import { fullDiskError, isFullDisk } from './full-disk.js';
import { npmSettings } from './npm-settings.js';
import type { FetchJob, FetchSource } from './source.js';
import { STALL_MS, watchForStall, type StallWatch } from './stall.js';

/** A package's tarball that is wanted; the rest is as in a `FetchJob`. */
export type TarballJob = Pick<FetchJob, 'source' | 'folder' | 'onProgress' | 'signal' | 'stallMs'>;

export const fetchNpm: FetchSource = (job) => withTarball(job, (chunks) => unpackWanted(chunks, job, 1));

/**
 * Hands the tarball on as it comes; its paths begin with npm's `package/`.
 * @param use called a second time when the first tarball's integrity was wrong
 * @throws ModelError `FETCH_FAILED`, `WRONG_HASH`, `CACHE_UNUSABLE` or `ABORTED`
 */
export async function withTarball(job: TarballJob, use: (chunks: AsyncIterable<Uint8Array>) => Promise<void>): Promise<void> {
  const spec = job.source.from.slice('npm:'.length);
  const settings = await npmSettings(job.folder);
  const watch = watchForStall(job.stallMs ?? STALL_MS, job.signal);
  const options = { ...settings, integrity: job.source.integrity, signal: watch.signal };
  const over = new AbortController();
  try {
    watch.signal.throwIfAborted();
    const silence = once(watch.signal, 'abort', { signal: over.signal }).then(() => watch.signal.throwIfAborted());
    silence.catch(() => undefined);
    const taken = pacote.tarball.stream(
      spec,
      (stream) => {
        // It may come after it was given up.
        watch.signal.throwIfAborted();
        let receivedBytes = 0;
        // One that is given up tells a second error when its connection ends, and by then nobody reads it any more.
        stream.on('error', () => undefined);
        const chunks = counted(stream, (bytes) => {
          watch.heard();
          receivedBytes += bytes;
          needAtMost(job, receivedBytes);
          const totalBytes = Math.max(receivedBytes, job.source.bytes ?? 0);
          job.onProgress({ file: job.source.from, receivedBytes, totalBytes });
        });
        return use(chunks);
      },
      options,
    );
    // It asks for the package's entry without heeding the signal, and would wait for a silent registry for ever.
    await Promise.race([taken, silence]);
  } catch (error) {
    throw explained(error, job, watch);
  } finally {
    over.abort();
    watch.close();
  }
}

/** A registry that sends without end must not fill the disk. */
function needAtMost({ source: { from, bytes } }: TarballJob, received: number): void {
  const most = bytes ?? LARGEST_DOWNLOAD;
  if (received > most) throw new ModelError('FETCH_FAILED', `${from} is refused: it has more than ${most} bytes`);
}

function explained(error: unknown, job: TarballJob, watch: StallWatch): ModelError {
  if (error instanceof ModelError) return error;
  const { from, integrity } = job.source;
  if (job.signal?.aborted) return new ModelError('ABORTED', `fetching ${from} was given up`, { cause: error });
  if (isFullDisk(error)) return fullDiskError(job.folder, from, error);
  if (watch.stalled()) {
    const seconds = (job.stallMs ?? STALL_MS) / 1000;
    return new ModelError('FETCH_FAILED', `${from} could not be fetched: nothing came for ${seconds} s`, { cause: error });
  }
  if (systemCodeOf(error) === 'EINTEGRITY') {
    const actual = error instanceof Error && 'found' in error ? String(error.found) : reasonOf(error);
    return new ModelError('WRONG_HASH', `${from} is refused: its integrity should be ${integrity ?? ''} but is ${actual}`, {
      cause: error,
    });
  }
  return new ModelError('FETCH_FAILED', `${from} could not be fetched: ${reasonOf(error)}`, { cause: error });
}
