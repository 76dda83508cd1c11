// Small files that options name: keys, headers, certificates. What is wrong with one is told in a line that shows nothing of
// what it holds.
import { open } from 'node:fs/promises';
import { CommandError } from './failure.js';

/** Enough for every authority that a system trusts, and a bound for what is no file of this kind, such as /dev/zero. */
const MAX_BYTES = 4 * 1024 * 1024;
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EISDIR: 'it is a folder',
};

/**
 * @param what it holds, for messages
 * @throws CommandError
 */
export async function givenBytes(what: string, file: string): Promise<Buffer> {
  const buffer = Buffer.alloc(MAX_BYTES);
  let bytes = 0;
  try {
    const opened = await open(file, 'r');
    try {
      for (;;) {
        const { bytesRead } = await opened.read(buffer, bytes, MAX_BYTES - bytes);
        bytes += bytesRead;
        if (bytesRead === 0 || bytes === MAX_BYTES) break;
      }
    } finally {
      await opened.close();
    }
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new CommandError(`${what} cannot be read from ${file}: ${REASONS[code] ?? code}`, { cause: error });
  }
  if (bytes === MAX_BYTES) throw new CommandError(`${what} cannot be read from ${file}: it is too large`);
  return buffer.subarray(0, bytes);
}

/** As text; editors on Windows may put a mark at the beginning. @throws CommandError */
export async function givenText(what: string, file: string): Promise<string> {
  return (await givenBytes(what, file)).toString('utf8').replace(/^\uFEFF/, '');
}
