// Takes the wanted files out of a .tgz as it streams by. Paths of the archive never become paths on the disk, so that
// no archive can write anywhere but into the job's folder.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Parser, type ReadEntry } from 'tar';
import type { ManifestFile } from '../manifest.js';
import { ModelError } from '../model-error.js';
import type { FetchJob } from './source.js';

/**
 * @param stripped how many leading parts of the archive's paths do not count
 * @throws ModelError `FETCH_FAILED` when a wanted file is not there or has another size than its manifest says; what the stream
 *   throws, and what the disk does
 */
export async function unpackWanted(chunks: AsyncIterable<Uint8Array>, job: FetchJob, stripped: number): Promise<void> {
  const wanted = new Map(job.files.map((file) => [file.path, file]));
  const writes: Promise<void>[] = [];
  // The first thing that goes wrong ends everything: a write that failed takes nothing more, so that the parser would never drain.
  const broken = new AbortController();
  const fail = (error: unknown): void => broken.abort(error);
  const parser = new Parser({
    onReadEntry: (entry: ReadEntry) => {
      const path = entry.path.replace(/^\.\//, '').split('/').slice(stripped).join('/');
      const file = entry.type === 'File' ? wanted.get(path) : undefined;
      if (file === undefined) {
        entry.resume();
        return;
      }
      wanted.delete(path);
      if (entry.size !== file.bytes) {
        fail(wrongSize(file, entry.size));
        entry.resume();
        return;
      }
      const written = pipeline(entry as AsyncIterable<Uint8Array>, createWriteStream(join(job.folder, file.sha256)));
      written.catch(fail);
      writes.push(written);
    },
  });
  const { signal } = broken;
  const ended = once(parser, 'end', { signal });
  // Awaited below, or given up together with the stream's own error.
  ended.catch(() => undefined);
  try {
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      if (!parser.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))) await once(parser, 'drain', { signal });
    }
    parser.end();
    await ended;
    await Promise.all(writes);
    signal.throwIfAborted();
  } catch (error) {
    // `once` tells only that it was aborted.
    throw signal.aborted ? signal.reason : error;
  }
  const [missing] = wanted.keys();
  if (missing !== undefined) throw new ModelError('FETCH_FAILED', `there is no ${missing} in ${job.source.from}`);
}

function wrongSize(file: ManifestFile, bytes: number): ModelError {
  return new ModelError(
    'FETCH_FAILED',
    `${file.path ?? file.sha256} is refused: its manifest says ${file.bytes} bytes, it has ${bytes}`,
  );
}
