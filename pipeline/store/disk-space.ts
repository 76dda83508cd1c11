// Whether a disk has room for what is about to be written. It only looks: who writes says how much must stay free.
import { statfs } from 'node:fs/promises';
import { OnlookerError } from '../../protocol/errors.js';

/**
 * @param what lies there, for the message: `gallery`
 * @throws OnlookerError DISK_FULL where fewer bytes are free
 */
export async function needFreeBytes(dir: string, bytes: number, what: string): Promise<void> {
  const { bavail, bsize } = await statfs(dir);
  if (bavail * bsize < bytes) throw diskFull(what);
}

/** @param what lies on that disk, for the message */
export function diskFull(what: string): OnlookerError {
  return new OnlookerError(
    'DISK_FULL',
    `The disk that holds the ${what} is nearly full: nothing was changed. Free some space there.`,
  );
}

/** Whether a file system has no room left, or none for this user. */
export const isDiskFull = (code: string | undefined): boolean => code === 'ENOSPC' || code === 'EDQUOT';
