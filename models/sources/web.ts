// A file, or files out of a .tgz, from a web address or an object store. Plain http is let through, for mirrors within a network:
// what counts is the hash.
import { createReadStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { sha512IntegrityOfFile } from '../hash.js';
import { isArchive } from '../manifest.js';
import { ModelError } from '../model-error.js';
import { unpackWanted } from './archive.js';
import { download } from './download.js';
import type { FetchSource } from './source.js';

export const fetchWeb: FetchSource = async (job) => {
  const [first] = job.files;
  if (first === undefined) return;
  const { from, integrity = '', bytes } = job.source;
  const partial = join(job.folder, 'partial');
  const archive = isArchive(from);
  const { onProgress, signal, stallMs } = job;
  await download({ from, partial, expectedBytes: archive ? bytes : first.bytes, hashed: true, onProgress, signal, stallMs });
  if (!archive) {
    await rename(partial, join(job.folder, first.sha256));
    return;
  }
  const actual = await sha512IntegrityOfFile(partial);
  if (actual !== integrity) {
    throw new ModelError('WRONG_HASH', `${from} is refused: its integrity should be ${integrity} but is ${actual}`);
  }
  await unpackWanted(createReadStream(partial), job, 0);
};
