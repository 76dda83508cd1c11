// Somebody or something that another page, or a program, has deleted meanwhile.
import { ServerError } from '../../errors.js';

export function isGone(error: unknown): boolean {
  return error instanceof ServerError && error.code === 'NOT_FOUND';
}

/** A deletion of what is gone already has nothing left to do. @throws whatever else went wrong */
export async function orGone(deletion: Promise<void>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}
