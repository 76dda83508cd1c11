// What comes from outside against its schema, with the one error that the contract has for it.
import type { z } from 'zod';
import { OnlookerError } from '../protocol/errors.js';

/** @throws OnlookerError BAD_MESSAGE that names the first field that is wrong */
export function validated<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  throw new OnlookerError('BAD_MESSAGE', `${path === '' ? 'message' : path}: ${issue?.message ?? 'is wrong'}`);
}

/** The same without the fields that are null: a client's "nothing" where a field is optional. */
export function withoutNulls(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
