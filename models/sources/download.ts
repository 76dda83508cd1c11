// One file from a web address or an object store into a file on the disk: as a stream, through the user's npm settings for proxies and
// certificates. What breaks off or stalls is taken up where it stopped, within a run and by the next one; what is too much, by what was
// said before or by a limit, is never written.
import type { IncomingMessage } from 'node:http';
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { ModelError, reasonOf } from '../model-error.js';
import { counted } from './counted.js';
import { fullDiskError, isFullDisk, needRoomFor } from './full-disk.js';
import { httpGet } from './http-get.js';
import { npmSettings, type NpmSettings } from './npm-settings.js';
import { s3Request } from './s3.js';
import type { Progress } from './source.js';
import { STALL_MS, watchForStall, type StallWatch } from './stall.js';

/** How often a download that breaks off is taken up again before giving up. */
const RESUMES = 3;
/** Before it is asked again after it said that it cannot now, times the attempt. */
const RETRY_MS = 500;
/** Of an answer on the way to the disk; more is not taken off the network. */
const HELD_BYTES = 1 << 20;
/** Of a file whose size nobody has said. */
export const LARGEST_DOWNLOAD = 16 * 2 ** 30;

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
  const settings = await npmSettings(dirname(job.partial));
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
      if (error instanceof AnotherFile || error instanceof ContentRefusal) await forget(job);
      if (error instanceof ModelError) throw error;
      if (resumes === RESUMES) {
        const reason = watch.stalled() ? `nothing came for ${(job.stallMs ?? STALL_MS) / 1000} s` : reasonOf(error);
        const message = failure(job, reason);
        throw error instanceof Unavailable
          ? new SourceRefusal(error.status, message, { cause: error })
          : new ModelError('FETCH_FAILED', message, { cause: error });
      }
      if (error instanceof Unavailable) await wait(RETRY_MS * 2 ** resumes, job.signal);
    } finally {
      watch.close();
    }
  }
}

/** What comes is not what was said to come. */
class ContentRefusal extends ModelError {}
/** What is there is no part of the file that there is now. */
class AnotherFile extends Error {}
/** The source says that it cannot now. */
class Unavailable extends Error {
  constructor(readonly status: number) {
    super(`it answers with the status ${status}`);
  }
}

async function downloadRest(job: DownloadJob, settings: NpmSettings, watch: StallWatch): Promise<void> {
  const { from, partial, expectedBytes, hashed } = job;
  const had = await bytesOf(partial);
  if (hashed && had > 0 && had === expectedBytes) return;
  const validator = await readFile(validatorPath(job), 'utf8').catch(() => '');
  const resuming = had > 0 && had <= (expectedBytes ?? Infinity) && (hashed || validator !== '');
  const { url, headers } = from.startsWith('s3://') ? await s3Request(from) : { url: from, headers: {} };
  const range = resuming ? { range: `bytes=${had}-` } : {};
  const asked = { 'accept-encoding': 'identity', accept: '*/*', 'user-agent': 'onlooker', ...headers, ...range };
  const answer = await httpGet(url, asked, settings, watch.signal);
  watch.heard();
  try {
    await takeAnswer(job, answer, watch, { had, resuming, validator });
  } finally {
    answer.destroy();
  }
}

interface Resumption {
  readonly had: number;
  readonly resuming: boolean;
  readonly validator: string;
}

async function takeAnswer(
  job: DownloadJob,
  answer: IncomingMessage,
  watch: StallWatch,
  { had, resuming, validator }: Resumption,
): Promise<void> {
  const { from, partial, expectedBytes, hashed } = job;
  const { statusCode: status = 0, headers } = answer;
  const held = untilItBreaks(answer);
  const { total, start } = rangeOf(headers['content-range']);
  if (status === 416 && resuming) {
    // All of it is there already, or it is longer than the file.
    if (total === had) return;
    throw new AnotherFile('the file has become shorter');
  }
  if (status === 408 || status === 429 || status >= 500) throw new Unavailable(status);
  if (status !== 200 && status !== 206)
    throw new SourceRefusal(status, failure(job, `${status} ${answer.statusMessage ?? ''}`.trim()));
  const now = headers.etag ?? headers['last-modified'] ?? '';
  const appending = resuming && status === 206;
  // A server that tells no start gives what it was asked for.
  if (appending && ((start ?? had) !== had || (validator !== '' && now !== validator)))
    throw new AnotherFile('the file has changed');
  await writeFile(validatorPath(job), now);
  let receivedBytes = appending ? had : 0;
  const length = headers['content-length'];
  const known = length === undefined ? total : receivedBytes + Number(length);
  needAtMost(job, known ?? 0);
  if (!hashed && known !== undefined && known < (expectedBytes ?? 0)) {
    throw new ContentRefusal(
      'FETCH_FAILED',
      `${from} is refused: it has ${known} of the ${expectedBytes} bytes that its manifest says`,
    );
  }
  if (known !== undefined) await needRoomFor(known - receivedBytes, dirname(partial), from);
  const chunks = counted(held, (bytes) => {
    watch.heard();
    receivedBytes += bytes;
    needAtMost(job, receivedBytes);
    const totalBytes = Math.max(receivedBytes, known ?? expectedBytes ?? 0);
    job.onProgress({ file: from, receivedBytes, totalBytes });
  });
  const file = await open(partial, appending ? 'a' : 'w');
  try {
    for await (const chunk of chunks) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
  watch.signal.throwIfAborted();
  const wanted = known ?? expectedBytes ?? 0;
  if (receivedBytes >= wanted && answer.complete) return;
  throw new Error(`the connection ended after ${receivedBytes} of ${wanted || 'an unknown number of'} bytes`);
}

/** What came of an answer, also where it then breaks off: what is on the way to the disk at that moment has been paid for. */
function untilItBreaks(answer: IncomingMessage): PassThrough {
  const held = new PassThrough({ highWaterMark: HELD_BYTES });
  answer.on('error', () => held.end());
  answer.on('close', () => held.end());
  return answer.pipe(held);
}

/** A server that sends without end must not fill the disk. */
function needAtMost({ from, expectedBytes, largestBytes = LARGEST_DOWNLOAD }: DownloadJob, bytes: number): void {
  if (expectedBytes !== undefined && bytes > expectedBytes) {
    throw new ContentRefusal(
      'FETCH_FAILED',
      `${from} is refused: it has more than the ${expectedBytes} bytes that its manifest says`,
    );
  }
  if (bytes > largestBytes)
    throw new ContentRefusal('FETCH_FAILED', `${from} is refused: it has more than ${largestBytes} bytes`);
}

function failure({ from }: DownloadJob, reason: string): string {
  return `${from} could not be fetched: ${reason}`;
}

/** What the start and the whole length are, of `bytes 5-9/10`. */
function rangeOf(header: string | undefined): { readonly total?: number; readonly start?: number } {
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

/** Ends early where the caller gives up. */
async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await pause(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
}
