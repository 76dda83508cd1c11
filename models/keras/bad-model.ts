// The one way in which a Keras file is refused: what is wrong, in which file, at which layer.
import { z } from 'zod';
import { ModelError, reasonOf } from '../model-error.js';

/** Where a layer stands, from the outermost model inwards. */
export type Path = readonly string[];

/** A path as people read it: `model > block5 > conv`. */
export function readable(path: Path): string {
  return path.join(' > ');
}

/** What is wrong with a file, before anybody has said which file it is. */
export class KerasFault extends Error {
  override readonly name = 'KerasFault';
}

/** A fault of one layer. */
export function faultAt(path: Path, className: string, what: string): KerasFault {
  return new KerasFault(`${readable(path)} (${className}) ${what}`);
}

/**
 * Puts the file's name to whatever goes wrong in reading it.
 * @throws ModelError `BAD_MODEL`
 */
export async function namingFile<T>(label: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError('BAD_MODEL', `${label} cannot be converted: ${reasonOf(error)}`, { cause: error });
  }
}

/** The part of a configuration that is needed, checked. @throws KerasFault that names the field */
export function checked<T>(schema: z.ZodType<T>, value: unknown, fault: (what: string) => Error): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw fault(`has a configuration that cannot be used: ${field ? `${field}: ` : ''}${issue?.message ?? 'not understood'}`);
}
