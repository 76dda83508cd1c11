// Files that already lie on this machine or on a mounted share. They are copied into the cache, so that the service
// goes on when the share does not.
import { copyFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createReadStream } from 'node:fs';
import { isArchive } from '../manifest.js';
import { sha512IntegrityOfFile } from '../hash.js';
import { ModelError, reasonOf } from '../model-error.js';
import { unpackWanted } from './archive.js';
import { fullDiskError, isFullDisk } from './full-disk.js';
import type { FetchSource } from './source.js';

export const fetchFile: FetchSource = async (job) => {
  const { from, integrity } = job.source;
  const base = resolve(job.manifestFolder, from.slice('file:'.length));
  try {
    if (isArchive(from)) {
      const actual = await sha512IntegrityOfFile(base);
      if (actual !== integrity) {
        throw new ModelError('WRONG_HASH', `${base} is refused: its integrity should be ${integrity ?? ''} but is ${actual}`);
      }
      await unpackWanted(createReadStream(base), job, 0);
      return;
    }
    for (const file of job.files) {
      const path = file.path === undefined ? base : join(base, file.path);
      const { size } = await stat(path);
      await copyFile(path, join(job.folder, file.sha256));
      job.onProgress({ file: path, receivedBytes: size, totalBytes: size });
    }
  } catch (error) {
    if (error instanceof ModelError) throw error;
    if (isFullDisk(error)) throw fullDiskError(job.folder, from, error);
    throw new ModelError('FETCH_FAILED', `a model file could not be copied: ${reasonOf(error)}`, { cause: error });
  }
};
