// Files out of an npm package's tarball, and of nothing else: no dependency is followed and no script is run.
import '../library-environment.js';
import pacote from 'pacote';
import { ModelError, reasonOf, systemCodeOf } from '../model-error.js';
import { unpackWanted } from './archive.js';
import { counted, needAtMost } from './counted.js';
import { npmSettings } from './npm-settings.js';
import type { FetchJob, FetchSource } from './source.js';

export const fetchNpm: FetchSource = async (job) => {
  const spec = job.source.from.slice('npm:'.length);
  const settings = await npmSettings(job.folder);
  const options = { ...settings, integrity: job.source.integrity, signal: job.signal };
  try {
    // Called a second time when the first tarball's integrity was wrong.
    await pacote.tarball.stream(
      spec,
      (stream) => {
        let receivedBytes = 0;
        const chunks = counted(stream, (bytes) => {
          receivedBytes += bytes;
          needAtMost(job, receivedBytes, job.source.bytes);
          const totalBytes = Math.max(receivedBytes, job.source.bytes ?? 0);
          job.onProgress({ file: job.source.from, receivedBytes, totalBytes });
        });
        return unpackWanted(chunks, job, 1);
      },
      options,
    );
  } catch (error) {
    throw explained(error, job);
  }
};

function explained(error: unknown, job: FetchJob): ModelError {
  if (error instanceof ModelError) return error;
  const { from, integrity } = job.source;
  if (job.signal?.aborted) return new ModelError('ABORTED', `fetching ${from} was given up`, { cause: error });
  if (systemCodeOf(error) === 'EINTEGRITY') {
    const actual = error instanceof Error && 'found' in error ? String(error.found) : reasonOf(error);
    return new ModelError('WRONG_HASH', `${from} is refused: its integrity should be ${integrity ?? ''} but is ${actual}`, {
      cause: error,
    });
  }
  return new ModelError('FETCH_FAILED', `${from} could not be fetched: ${reasonOf(error)}`, { cause: error });
}
