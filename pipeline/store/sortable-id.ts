// Ids that sort by the time they were made, so that lists can be paged by id and new entries come last.
import { randomBytes } from 'node:crypto';

/** Crockford's base 32: ascending in ASCII, without letters that read as digits. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

/** A whole number that is not negative as so many digits, which sort as the numbers do. */
export function base32(value: number, length: number): string {
  let digits = '';
  for (let rest = value, at = 0; at < length; at++, rest = Math.floor(rest / 32)) digits = DIGITS.charAt(rest % 32) + digits;
  return digits;
}

/** The number that `base32` wrote. */
export function fromBase32(digits: string): number {
  return [...digits].reduce((value, digit) => value * 32 + DIGITS.indexOf(digit), 0);
}

/**
 * A maker of 26-character ids after the ULID layout (github.com/ulid/spec): 10 digits of Unix ms, 16 random ones.
 * Within one maker every id sorts after the one before, also when the clock steps back.
 */
export function sortableIds(now: () => number): () => string {
  let lastMs = 0;
  return () => {
    lastMs = Math.max(lastMs + 1, now());
    return base32(lastMs, 10) + Array.from(randomBytes(16), (byte) => DIGITS.charAt(byte & 31)).join('');
  };
}
