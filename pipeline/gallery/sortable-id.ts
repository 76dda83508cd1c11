// Ids that sort by the time they were made, so that lists can be paged by id and new entries come last.
import { randomBytes } from 'node:crypto';

/** Crockford's base 32: ascending in ASCII, without letters that read as digits. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A maker of 26-character ids after the ULID layout (github.com/ulid/spec): 10 digits of Unix ms, 16 random ones.
 * Within one maker every id sorts after the one before, also when the clock steps back.
 */
export function sortableIds(now: () => number): () => string {
  let lastMs = 0;
  return () => {
    lastMs = Math.max(lastMs + 1, now());
    let time = '';
    for (let rest = lastMs, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = DIGITS.charAt(rest % 32) + time;
    return time + Array.from(randomBytes(16), (byte) => DIGITS.charAt(byte & 31)).join('');
  };
}
