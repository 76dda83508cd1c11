// One file from a web address or an object store into a file on the disk: as a stream, through the user's npm settings for proxies and
// certificates. What breaks off or stalls is taken up where it stopped, within a run and by the next one; what is too much, by what was
// said before or by a limit, is never written.
import { createWriteStream } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import registryFetch from 'npm-registry-fetch';
import { ModelError, reasonOf } from '../model-error.js';
import { counted } from './counted.js';
import { fullDiskError, isFullDisk, needRoomFor } from './full-disk.js';
import { npmSettings, type NpmSettings } from './npm-settings.js';
import { s3Request } from './s3.js';
import type { Progress } from './source.js';
import { STALL_MS, watchForStall, type StallWatch } from './stall.js';

/** How often a download that breaks off is taken up again before giving up. */
const RESUMES = 3;
/** Of a file whose size nobody has said. */
export const LARGEST_DOWNLOAD = 16 * 2 ** 30;

export interface WebRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface DownloadJob {
  /** `https://…` or `s3://bucket/key`. */
  readonly from: string;
  /** Where it goes. May hold what an interrupted run of the same job left; beside it lies what that was a part of. */
  readonly partial: string;
  /** As somebody said who knows; more and less are refused. */
  readonly expectedBytes?: number | undefined;
  /** Whether the caller looks at its hash. If not, it is taken up again only where the source shows that it is still the same file. */
  readonly hashed: boolean;
  readonly largestBytes?: number | undefined;
  readonly stallMs?: number | undefined;
  readonly onProgress: (progress: Progress) => void;
  readonly signal?: AbortSignal | undefined;
}

/** The source answered, but not with the file. */
export class SourceRefusal extends ModelError {
  constructor(
    readonly status: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super('FETCH_FAILED', message, options);
  }
}

/**
 * Brings the whole file to its place.
 * @throws ModelError `FETCH_FAILED` (a `SourceRefusal` where the source answers with an error), `CACHE_UNUSABLE` where the disk is full,
 *   or `ABORTED`
 */
export async function download(job: DownloadJob): Promise<void> {
  // Without npm's cache: it would keep a second copy, and knows nothing of ranges.
  const settings = { ...(await npmSettings(dirname(job.partial))), cache: undefined };
  for (let resumes = 0; ; resumes++) {
    const watch = watchForStall(job.stallMs ?? STALL_MS, job.signal);
    try {
      await downloadRest(job, settings, watch);
      await rm(validatorPath(job), { force: true });
      return;
    } catch (error) {
      if (job.signal?.aborted) throw new ModelError('ABORTED', `fetching ${job.from} was given up`, { cause: error });
      if (isFullDisk(error)) {
        await forget(job);
        throw fullDiskError(dirname(job.partial), job.from, error);
      }
      if (error instanceof ModelError) {
        await forget(job);
        throw error;
      }
      const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : undefined;
      // What is there is longer than the file, or of another one. A server that says so of the whole file says nothing of it.
      if (error instanceof AnotherFile || (status === 416 && (await bytesOf(job.partial)) > 0)) await forget(job);
      // Any other answer with an error status is final; a connection that broke is not.
      else if (status !== undefined) throw new SourceRefusal(status, failure(job, reasonOf(error)), { cause: error });
      if (resumes === RESUMES) {
        const reason = watch.stalled() ? `nothing came for ${(job.stallMs ?? STALL_MS) / 1000} s` : reasonOf(error);
        throw new ModelError('FETCH_FAILED', failure(job, reason), { cause: error });
      }
    } finally {
      watch.close();
    }
  }
}

/** What is there is no part of the file that there is now. */
class AnotherFile extends Error {}

async function downloadRest(job: DownloadJob, settings: NpmSettings, watch: StallWatch): Promise<void> {
  const { from, partial, expectedBytes, hashed } = job;
  const had = await bytesOf(partial);
  if (hashed && had > 0 && had === expectedBytes) return;
  const validator = await readFile(validatorPath(job), 'utf8').catch(() => '');
  const resuming = had > 0 && had <= (expectedBytes ?? Infinity) && (hashed || validator !== '');
  const { url, headers } = from.startsWith('s3://') ? await s3Request(from) : { url: from, headers: {} };
  const response = await registryFetch(url, {
    ...settings,
    headers: { 'accept-encoding': 'identity', accept: '*/*', ...headers, ...(resuming ? { range: `bytes=${had}-` } : {}) },
    signal: watch.signal,
  });
  watch.heard();
  const { status, body } = response;
  const { total, start } = rangeOf(response.headers.get('content-range'));
  if (status !== 200 && status !== 206) throw new SourceRefusal(status, failure(job, `it answers with the status ${status}`));
  if (body === null) throw new Error('the answer was empty');
  const now = response.headers.get('etag') ?? response.headers.get('last-modified') ?? '';
  const appending = resuming && status === 206;
  // A server that tells no start gives what it was asked for.
  if (appending && ((start ?? had) !== had || (validator !== '' && now !== validator)))
    throw new AnotherFile('the file has changed');
  await writeFile(validatorPath(job), now);
  let receivedBytes = appending ? had : 0;
  const length = response.headers.get('content-length');
  const known = length === null ? total : receivedBytes + Number(length);
  needAtMost(job, known ?? 0);
  if (known !== undefined) await needRoomFor(known - receivedBytes, dirname(partial), from);
  const chunks = counted(body, (bytes) => {
    watch.heard();
    receivedBytes += bytes;
    needAtMost(job, receivedBytes);
    const totalBytes = Math.max(receivedBytes, known ?? expectedBytes ?? 0);
    job.onProgress({ file: from, receivedBytes, totalBytes });
  });
  await pipeline(chunks, createWriteStream(partial, { flags: appending ? 'a' : 'w' }), { signal: watch.signal });
  const wanted = known ?? expectedBytes ?? 0;
  if (receivedBytes < wanted) throw new Error(`the connection ended after ${receivedBytes} of ${wanted} bytes`);
}

/** A server that sends without end must not fill the disk. */
function needAtMost({ from, expectedBytes, largestBytes = LARGEST_DOWNLOAD }: DownloadJob, bytes: number): void {
  if (expectedBytes !== undefined && bytes > expectedBytes) {
    throw new ModelError(
      'FETCH_FAILED',
      `${from} is refused: it has more than the ${expectedBytes} bytes that its manifest says`,
    );
  }
  if (bytes > largestBytes) throw new ModelError('FETCH_FAILED', `${from} is refused: it has more than ${largestBytes} bytes`);
}

function failure({ from }: DownloadJob, reason: string): string {
  return `${from} could not be fetched: ${reason}`;
}

/** What the start and the whole length are, of `bytes 5-9/10`. */
function rangeOf(header: string | null): { readonly total?: number; readonly start?: number } {
  const [, start, total] = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(header ?? '') ?? [];
  return { ...(start ? { start: Number(start) } : {}), ...(total && total !== '*' ? { total: Number(total) } : {}) };
}

/** What tells one content of an address from another: its ETag or date. */
function validatorPath({ partial }: DownloadJob): string {
  return `${partial}.validator`;
}

async function forget(job: DownloadJob): Promise<void> {
  await rm(job.partial, { force: true });
  await rm(validatorPath(job), { force: true });
}

async function bytesOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
