// When events were kept, on machines whose clock may not be set at the start, or is set wrong for a while. Ids sort whatever the clock
// does, so after a clock that ran ahead they say nothing of the time: marks do, each for the events up to an id. Pure.
import { fromBase32 } from '../store/sortable-id.js';
import { CLOCK_SET_MS } from './unix-time.js';
import { TIME_DIGITS } from './event-id.js';

/** Events up to `through`, after those of the mark before, count as kept at `at` where their own time cannot be right. */
export interface ClockMark {
  readonly through: string;
  /** Unix ms. */
  readonly at: number;
}

/** Clocks are set by less than this all the time. */
const TOLERANCE_MS = 60_000;
/** What is told apart, of the time that events are kept: there are about so many marks at most. */
const GRAINS = 200;

export class KeptTimes {
  /** By id. */
  readonly marks: readonly ClockMark[];

  constructor(marks: readonly ClockMark[]) {
    this.marks = [...marks].sort((one, other) => (one.through < other.through ? -1 : 1));
  }

  /**
   * With what the clock tells now of the events up to one that is kept, or is being kept.
   * @param keptForMs how long events are kept
   */
  noticed(nowMs: number, lastId: string | null, keptForMs: number): KeptTimes {
    if (lastId === null || nowMs < CLOCK_SET_MS) return this;
    // Made while the clock was ahead.
    const isEarly = this.marks.some(({ at }) => at > nowMs + TOLERANCE_MS);
    const marks = isEarly ? this.marks.map(({ through, at }) => ({ through, at: Math.min(at, nowMs) })) : this.marks;
    const last = marks.at(-1);
    const ms = timeIn(lastId);
    const isToBeMarked = (last === undefined || last.through < lastId) && (ms < CLOCK_SET_MS || ms > nowMs + TOLERANCE_MS);
    if (!isToBeMarked) return isEarly ? new KeptTimes(marks) : this;
    const isOfLast = last !== undefined && nowMs - last.at < keptForMs / GRAINS;
    return new KeptTimes([...(isOfLast ? marks.slice(0, -1) : marks), { through: lastId, at: isOfLast ? last.at : nowMs }]);
  }

  /** Without the marks of which no event is left. @param oldestId the oldest event that is kept, if any */
  since(oldestId: string | undefined): KeptTimes {
    const left = this.marks.filter(({ through }) => oldestId !== undefined && through >= oldestId);
    return left.length === this.marks.length ? this : new KeptTimes(left);
  }

  /** Unix ms at which an event counts as kept: never later than now. */
  timeOf(id: string, nowMs: number): number {
    const bound = Math.min(nowMs, this.marks.find(({ through }) => id <= through)?.at ?? nowMs);
    const ms = timeIn(id);
    return ms < CLOCK_SET_MS || ms > bound ? bound : ms;
  }
}

function timeIn(id: string): number {
  return fromBase32(id.slice(0, TIME_DIGITS));
}
