// Takes the wanted files out of a .tgz as it streams by. Paths of the archive never become paths on the disk, so that
// no archive can write anywhere but where it is told to.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Parser, type ReadEntry } from 'tar';
import { ModelError } from '../model-error.js';
import type { FetchJob } from './source.js';

/**
 * @param stripped how many leading parts of the archive's paths do not count
 * @throws ModelError `FETCH_FAILED` when a wanted file is not there or has another size than its manifest says; what the stream
 *   throws, and what the disk does
 */
export async function unpackWanted(chunks: AsyncIterable<Uint8Array>, job: FetchJob, stripped: number): Promise<void> {
  const wanted = new Map(job.files.map((file) => [file.path, file]));
  await unpackChosen(chunks, stripped, (path, size) => {
    const file = wanted.get(path);
    if (file === undefined) return null;
    wanted.delete(path);
    if (size === file.bytes) return join(job.folder, file.sha256);
    throw new ModelError('FETCH_FAILED', `${path} is refused: its manifest says ${file.bytes} bytes, it has ${size}`);
  });
  const [missing] = wanted.keys();
  if (missing !== undefined) throw new ModelError('FETCH_FAILED', `there is no ${missing} in ${job.source.from}`);
}

/**
 * @param stripped how many leading parts of the archive's paths do not count
 * @param choose tells where a file of that path and size goes, null where it is not wanted; what it throws ends everything
 * @throws what the stream throws, and what the disk does
 */
export async function unpackChosen(
  chunks: AsyncIterable<Uint8Array>,
  stripped: number,
  choose: (path: string, size: number) => string | null,
): Promise<void> {
  const writes: Promise<void>[] = [];
  // The first thing that goes wrong ends everything: a write that failed takes nothing more, so that the parser would never drain.
  const broken = new AbortController();
  const fail = (error: unknown): void => broken.abort(error);
  const parser = new Parser({
    onReadEntry: (entry: ReadEntry) => {
      const target = chosen(entry);
      if (target === null) {
        entry.resume();
        return;
      }
      const written = pipeline(entry as AsyncIterable<Uint8Array>, createWriteStream(target));
      written.catch(fail);
      writes.push(written);
    },
  });
  const chosen = (entry: ReadEntry): string | null => {
    const path = entry.path.replace(/^\.\//, '').split('/').slice(stripped).join('/');
    try {
      return entry.type === 'File' ? choose(path, entry.size) : null;
    } catch (error) {
      fail(error);
      return null;
    }
  };
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
}
