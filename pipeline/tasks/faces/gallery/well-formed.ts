// Text that every client can read: half a surrogate pair has no UTF-8, and a strict decoder refuses the whole message that it
// stands in. What comes from clients is refused, what was stored before that was looked at is mended as it is read.

import { isWellFormedText, mendedText } from '../../../../protocol/name-text.js';

const HALVES = /\p{Surrogate}/gu;

/** Whether all texts of a JSON value are well-formed UTF-16, names of fields included. */
export function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return isWellFormedText(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, inner]) => isWellFormedText(key) && isWellFormed(inner));
}

/** Of ids: each half keeps its number, so that two ids never become one. */
export function mendedId(id: string): string {
  return isWellFormedText(id) ? id : id.replace(HALVES, (half) => `\ufffd${half.charCodeAt(0).toString(16)}`);
}

/** The same JSON value with every text mended. */
export function mendedJson(value: unknown): unknown {
  if (typeof value === 'string') return mendedText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(mendedJson);
  // `fromEntries` defines fields, so that one named `__proto__` stays a field.
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [mendedText(key), mendedJson(inner)]));
}
