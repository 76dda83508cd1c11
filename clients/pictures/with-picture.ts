// One picture file before the service: read as it takes it, smaller where it says that it is too large. The one way in which commands
// ask about files, and tell what is wrong with one file from what ends them.
import { ServerError } from '../errors.js';
import { isAboutRights } from '../refusal.js';
import { CommandError } from '../terminal/failure.js';
import { readPicture } from './read-picture.js';

/** @throws what `ask` throws · CommandError · Error of the system */
export async function withPicture<T>(file: string, ask: (image: Uint8Array) => Promise<T>): Promise<T> {
  try {
    return await ask(await readPicture(file));
  } catch (error) {
    const isTooLarge = error instanceof ServerError && (error.code === 'TOO_LARGE' || error.code === 'TOO_MANY_PIXELS');
    if (!isTooLarge) throw error;
    return ask(await readPicture(file, { smaller: true }));
  }
}

/** Whether it is about this one file; another may do where a service that is gone, or a right that is missing, ends the command. */
export function isOfOneFile(error: unknown): error is Error {
  if (error instanceof ServerError) return !isAboutRights(error);
  return error instanceof CommandError || (error as NodeJS.ErrnoException).syscall !== undefined;
}
