// What comes from outside against its schema, with the one error that the contract has for it.
import type { z } from 'zod';
import { OnlookerError } from './errors.js';

/**
 * @param whole what to call the value itself where it is wrong, not one of its fields
 * @throws OnlookerError BAD_MESSAGE that names the first field that is wrong
 */
export function validated<S extends z.ZodType>(schema: S, value: unknown, whole = 'message'): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new OnlookerError('BAD_MESSAGE', firstIssue(parsed.error, whole));
}

/** The first thing that is wrong: where, and what. */
export function firstIssue({ issues: [issue] }: z.ZodError, whole: string): string {
  const path = issue?.path.map(String).join('.') ?? '';
  return `${path === '' ? whole : path}: ${issue?.message ?? 'is wrong'}`;
}
