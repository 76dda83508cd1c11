// A file, or files out of a .tgz, from a web address, through the user's npm settings for proxies and certificates.
// A download that breaks off is taken up where it stopped, within a run and by the next one. Plain http is let through,
// for mirrors within a network: what counts is the hash.
import { createWriteStream, createReadStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import registryFetch from 'npm-registry-fetch';
import { sha512IntegrityOfFile } from '../hash.js';
import { isArchive } from '../manifest.js';
import { ModelError, reasonOf } from '../model-error.js';
import { unpackWanted } from './archive.js';
import { counted, needAtMost } from './counted.js';
import { npmSettings, type NpmSettings } from './npm-settings.js';
import type { FetchJob, FetchSource } from './source.js';

/** How often a download that breaks off is taken up again before giving up. */
const RESUMES = 3;

export const fetchHttps: FetchSource = async (job) => {
  const [first] = job.files;
  if (first === undefined) return;
  const partial = join(job.folder, 'partial');
  const archive = isArchive(job.source.from);
  await download(job, partial, archive ? job.source.bytes : first.bytes);
  if (!archive) {
    await rename(partial, join(job.folder, first.sha256));
    return;
  }
  const actual = await sha512IntegrityOfFile(partial);
  if (actual !== job.source.integrity) {
    const expected = job.source.integrity ?? '';
    throw new ModelError('WRONG_HASH', `${job.source.from} is refused: its integrity should be ${expected} but is ${actual}`);
  }
  await unpackWanted(createReadStream(partial), job, 0);
};

/** @param expectedBytes as the manifest says; more is never written */
async function download(job: FetchJob, partial: string, expectedBytes: number | undefined): Promise<void> {
  // Without npm's cache: it would keep a second copy, and knows nothing of ranges.
  const settings = { ...(await npmSettings(job.folder)), cache: undefined };
  for (let resumes = 0; ; resumes++) {
    try {
      await downloadRest(job, partial, expectedBytes, settings);
      return;
    } catch (error) {
      if (job.signal?.aborted) throw new ModelError('ABORTED', `fetching ${job.source.from} was given up`, { cause: error });
      if (error instanceof ModelError) {
        await rm(partial, { force: true });
        throw error;
      }
      const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
      // What is there is longer than the file: it was of another one. A server that says so of the whole file says nothing of it.
      if (status === 416 && (await bytesOf(partial)) > 0) await rm(partial, { force: true });
      // Any other answer with an error status is final; a connection that broke is not.
      else if (resumes === RESUMES || status !== undefined) {
        throw new ModelError('FETCH_FAILED', `${job.source.from} could not be fetched: ${reasonOf(error)}`, { cause: error });
      }
    }
  }
}

async function downloadRest(
  job: FetchJob,
  partial: string,
  expectedBytes: number | undefined,
  settings: NpmSettings,
): Promise<void> {
  const had = await bytesOf(partial);
  if (had > 0 && had === expectedBytes) return;
  const resuming = had > 0 && had < (expectedBytes ?? 0);
  const response = await registryFetch(job.source.from, {
    ...settings,
    headers: { 'accept-encoding': 'identity', accept: '*/*', ...(resuming ? { range: `bytes=${had}-` } : {}) },
    ...(job.signal ? { signal: job.signal } : {}),
  });
  if (response.body === null) throw new Error('the answer was empty');
  const appending = resuming && response.status === 206;
  let receivedBytes = appending ? had : 0;
  const length = response.headers.get('content-length');
  const totalBytes = length === null ? (expectedBytes ?? 0) : receivedBytes + Number(length);
  needAtMost(job, totalBytes, expectedBytes);
  const chunks = counted(response.body, (bytes) => {
    receivedBytes += bytes;
    needAtMost(job, receivedBytes, expectedBytes);
    job.onProgress({ file: job.source.from, receivedBytes, totalBytes: Math.max(receivedBytes, totalBytes) });
  });
  await pipeline(chunks, createWriteStream(partial, { flags: appending ? 'a' : 'w' }));
  if (receivedBytes < totalBytes) throw new Error(`the connection ended after ${receivedBytes} of ${totalBytes} bytes`);
}

async function bytesOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
