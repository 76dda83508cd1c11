// Ids of events: they sort by the time at which the log took them, and each sorts after all before it, across restarts
// and whatever the clock does. They hold time and a count, nothing about what happened.
import { base32, fromBase32 } from '../store/sortable-id.js';

/** How an id begins: Unix ms. */
export const TIME_DIGITS = 10;
const COUNT_DIGITS = 6;
const COUNT_MAX = 32 ** COUNT_DIGITS - 1;

/** What an id looks like: 10 digits of Unix ms and 6 that count within it, in Crockford's base 32, lower case. */
export const EVENT_ID_PATTERN = /^[0-9a-hjkmnp-tv-z]{16}$/;

/** The id before all that were made at this Unix time (ms) or later: as `since`, it gives everything from then on. */
export function eventIdAt(ms: number): string {
  return base32(Math.max(0, Math.floor(ms)), TIME_DIGITS) + base32(0, COUNT_DIGITS);
}

/**
 * A maker of ids. While the clock stands still or is behind the last id, the count goes on in the last id's place.
 * @param last the last id that was made before, if any
 * @param now Unix ms
 */
export function eventIds(now: () => number, last: string | null): () => string {
  let ms = last === null ? 0 : fromBase32(last.slice(0, TIME_DIGITS));
  let count = last === null ? 0 : fromBase32(last.slice(TIME_DIGITS));
  return () => {
    const at = Math.floor(now());
    if (at > ms) {
      ms = at;
      count = 0;
    } else if (count === COUNT_MAX) {
      ms++;
      count = 0;
    }
    // From 1: 0 is the id that `eventIdAt` gives.
    count++;
    return base32(ms, TIME_DIGITS) + base32(count, COUNT_DIGITS);
  };
}
