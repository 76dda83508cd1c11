// What a disk that takes no more is told as, wherever it shows.
import { statfs } from 'node:fs/promises';
import { ModelError, reasonOf, systemCodeOf } from '../model-error.js';

/** No room, none left of a quota, and none for a file of that size. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

export function isFullDisk(error: unknown): boolean {
  return FULL.has(systemCodeOf(error) ?? '');
}

/** @param what came while there was no room for it */
export function fullDiskError(folder: string, what: string, error: unknown): ModelError {
  return new ModelError('CACHE_UNUSABLE', `there is no room for ${what} in ${folder}: ${reasonOf(error)}`, { cause: error });
}

/** Before anything is written: a disk that is filled first is full for everybody else too. @throws ModelError `CACHE_UNUSABLE` */
export async function needRoomFor(bytes: number, folder: string, what: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (bytes <= free) return;
  throw new ModelError(
    'CACHE_UNUSABLE',
    `there is no room for ${what} in ${folder}: it has ${bytes} bytes more, and ${free} are free`,
  );
}
