// Unpacks a compressed model file into the cache, once: as a stream, bounded, and under the hash of what it holds.
import { createReadStream, createWriteStream } from 'node:fs';
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { cachedPath, fileState, moveIntoPlace, withWorkFolder } from '../cache.js';
import { ModelError, reasonOf, systemCodeOf } from '../model-error.js';
import { fullDiskError, isFullDisk } from '../sources/full-disk.js';
import { unzstd } from './zstd-blocks.js';

const CHUNK = 1 << 18;

const recordSchema = z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int().nonnegative() });
/** What a compressed file holds. */
export type UnpackedRecord = Readonly<z.infer<typeof recordSchema>>;

export interface UnpackJob {
  readonly cacheDir: string;
  readonly path: string;
  /** Of the compressed file, which was just hashed. */
  readonly sha256: string;
  readonly compression: 'gzip' | 'zstd';
  /** More is never written. */
  readonly largestBytes: number;
  readonly signal?: AbortSignal;
}

/**
 * Where the unpacked file lies, made if the cache does not hold it whole.
 * @throws ModelError `BAD_MODEL` where it is damaged or unpacks to too much, `CACHE_UNUSABLE` (a full disk too) or `ABORTED`
 */
export async function unpacked(job: UnpackJob): Promise<UnpackedRecord & { readonly path: string }> {
  const { cacheDir, sha256, signal } = job;
  const kept = await keptFile(job);
  if (kept !== undefined) return kept;
  return withWorkFolder(cacheDir, `unpack-${sha256}`, signal, async (folder) => {
    const made = await keptFile(job);
    if (made !== undefined) return made;
    const part = join(folder, 'unpacked');
    try {
      const record = await unpackTo(part, job);
      const path = cachedPath(cacheDir, record.sha256);
      await moveIntoPlace(part, path);
      const written = join(folder, 'record');
      await writeFile(written, `${JSON.stringify(record)}\n`);
      // Last, since it is what says that the file is there.
      await moveIntoPlace(written, recordPath(job));
      return { ...record, path };
    } catch (error) {
      // It cannot be gone on with, and a disk that is full has no use for it.
      await rm(part, { force: true });
      throw isFullDisk(error) ? fullDiskError(cacheDir, `what ${job.path} holds`, error) : error;
    }
  });
}

async function unpackTo(part: string, job: UnpackJob): Promise<UnpackedRecord> {
  const hash = createHash('sha256');
  let bytes = 0;
  const measured = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      bytes += chunk.byteLength;
      if (bytes > job.largestBytes) throw new Error(`it unpacks to more than ${job.largestBytes} bytes`);
      hash.update(chunk);
      yield chunk;
    }
  };
  const unpacking = job.compression === 'zstd' ? unzstd : createGunzip({ chunkSize: CHUNK });
  const options = job.signal ? { signal: job.signal } : {};
  try {
    const source = createReadStream(job.path, { highWaterMark: CHUNK });
    await pipeline(source, unpacking, measured, createWriteStream(part, { highWaterMark: CHUNK }), options);
  } catch (error) {
    if (job.signal?.aborted) throw new ModelError('ABORTED', `unpacking ${job.path} was given up`, { cause: error });
    // The system's own errors (a full disk) are the cache's to tell.
    if (systemCodeOf(error)?.startsWith('E') && !systemCodeOf(error)?.startsWith('ERR_')) throw error;
    throw new ModelError('BAD_MODEL', `${job.path} cannot be unpacked: ${reasonOf(error)}`, { cause: error });
  }
  return { sha256: hash.digest('hex'), bytes };
}

async function keptFile(job: UnpackJob): Promise<(UnpackedRecord & { readonly path: string }) | undefined> {
  const record = await readRecord(recordPath(job));
  if (record === undefined) return undefined;
  const path = cachedPath(job.cacheDir, record.sha256);
  return (await fileState(path, record.sha256)).state === 'ok' ? { ...record, path } : undefined;
}

async function readRecord(path: string): Promise<UnpackedRecord | undefined> {
  try {
    return recordSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch (error) {
    // One that is damaged is as good as none: it is made again.
    if (error instanceof SyntaxError || systemCodeOf(error) === 'ENOENT') return undefined;
    throw new ModelError('CACHE_UNUSABLE', `the model cache's ${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

function recordPath({ cacheDir, sha256 }: UnpackJob): string {
  return join(cacheDir, 'unpacked', `${sha256}.json`);
}
