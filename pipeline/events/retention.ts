// Which events are to go: those that are too old, and the oldest where there are too many. It reads and works out; who
// commits decides when.
import type { Change, StoreReader } from '../store/record-store.js';
import { prefixEnd } from '../store/record-store.js';
import { EVENT_PREFIX, removalOf } from './event-records.js';
import { readEvent } from './event-reader.js';
import { CLOCK_SET_MS } from './unix-time.js';
import type { KeptTimes } from './kept-times.js';

export interface Retention {
  /** Older events go, by the time at which they were kept (kept-times.ts). */
  readonly maxDays: number;
  /** Of more than so many the oldest go. */
  readonly maxEvents: number;
}
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The first step of pruning.
 * @param count how many events there are, or will be @param limit at most so many go at once
 */
export function staleEvents(
  reader: StoreReader,
  { maxDays, maxEvents }: Retention,
  count: number,
  times: KeptTimes,
  nowMs: number,
  limit: number,
): { readonly changes: readonly Change[]; readonly removed: number } {
  // A clock that is not set tells no age.
  const oldestMs = nowMs < CLOCK_SET_MS ? -Infinity : nowMs - maxDays * DAY_MS;
  const keys = reader
    .keys({ start: EVENT_PREFIX, end: prefixEnd(EVENT_PREFIX), limit })
    .filter((key, index) => index < count - maxEvents || times.timeOf(key.slice(EVENT_PREFIX.length), nowMs) < oldestMs);
  const changes = keys.flatMap((key) => {
    const event = readEvent(reader, key.slice(EVENT_PREFIX.length));
    return event === undefined || event === null ? [{ key, value: null }] : removalOf(event);
  });
  return { changes, removed: keys.length };
}
