// How whatever is wrong with a Keras file is said: what it is, and at which layer.
import type { z } from 'zod';

/** Where a layer stands, from the outermost model inwards. */
export type Path = readonly string[];

/** A path as people read it: `model > block5 > conv`. */
export function readable(path: Path): string {
  return path.join(' > ');
}

/** What is wrong with a file; `convertKeras` puts its name to it. */
export class KerasFault extends Error {
  override readonly name = 'KerasFault';
}

/** A fault of one layer. */
export function faultAt(path: Path, className: string, what: string): KerasFault {
  return new KerasFault(`${readable(path)} (${className}) ${what}`);
}

/** The part of a configuration that is needed, checked. @throws KerasFault that names the field */
export function checked<T>(schema: z.ZodType<T>, value: unknown, fault: (what: string) => Error): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw fault(`has a configuration that cannot be used: ${field ? `${field}: ` : ''}${issue?.message ?? 'not understood'}`);
}
