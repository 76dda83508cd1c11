// Takes the wanted files out of a .tgz as it streams by. Paths of the archive never become paths on the disk, so that
// no archive can write anywhere but into the job's folder.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Parser, type ReadEntry } from 'tar';
import { ModelError } from '../model-error.js';
import type { FetchJob } from './source.js';

/**
 * @param stripped how many leading parts of the archive's paths do not count
 * @throws ModelError `FETCH_FAILED` when a wanted file is not there; what the stream throws
 */
export async function unpackWanted(chunks: AsyncIterable<Uint8Array>, job: FetchJob, stripped: number): Promise<void> {
  const wanted = new Map(job.files.map((file) => [file.path, file]));
  const writes: Promise<void>[] = [];
  const parser = new Parser({
    onReadEntry: (entry: ReadEntry) => {
      const path = entry.path.replace(/^\.\//, '').split('/').slice(stripped).join('/');
      const file = entry.type === 'File' ? wanted.get(path) : undefined;
      if (file === undefined) {
        entry.resume();
        return;
      }
      wanted.delete(path);
      writes.push(pipeline(entry as AsyncIterable<Uint8Array>, createWriteStream(join(job.folder, file.sha256))));
    },
  });
  const ended = once(parser, 'end');
  // Awaited below, or given up together with the stream's own error.
  ended.catch(() => undefined);
  for await (const chunk of chunks) {
    if (!parser.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))) await once(parser, 'drain');
  }
  parser.end();
  await ended;
  await Promise.all(writes);
  const [missing] = wanted.keys();
  if (missing !== undefined) throw new ModelError('FETCH_FAILED', `there is no ${missing} in ${job.source.from}`);
}
