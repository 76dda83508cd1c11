// What is told of a camera's coming and going, and how much of it: one that flaps all day must not push everybody else's
// events out of the log. Changes are told one by one as long as there are few; then one event says that it flaps, with counts,
// and once it holds still how it is. Counts go on whatever is told.
//
//   steady ──change, and `each` were told in the last hour──▶ flapping ──no change for `settleMs`──▶ steady
//     │ told one by one                                          │ told once when it begins, then once an hour with counts
import type { StreamChange, StreamChangeCounts } from '../../protocol/streams.js';
import { afterRunning } from '../threads/running-time.js';
import { SYSTEM_CLOCK, type SourceClock } from '../sources/source-clock.js';

export interface ChangeLimits {
  /** So many in `windowMs` are told one by one. */
  readonly each: number;
  readonly windowMs: number;
  /** Without a change for so long a flapping stream is steady again. */
  readonly settleMs: number;
}
export const CHANGE_LIMITS: ChangeLimits = { each: 12, windowMs: 3_600_000, settleMs: 600_000 };

export interface StreamChangesOptions {
  /** It changed, and this is told by itself. */
  readonly onChange: (change: StreamChange) => void;
  /** It changes too often for that. @param counts of what was not told by itself, with the change that led here */
  readonly onFlapping: (counts: StreamChangeCounts) => void;
  /** It holds still again. @param counts of what was not told since the last event */
  readonly onSettled: (counts: StreamChangeCounts) => void;
  readonly clock?: SourceClock;
  readonly limits?: ChangeLimits;
}

export const NO_CHANGES: StreamChangeCounts = { up: 0, down: 0, frozen: 0, moving: 0 };

export class StreamChanges {
  readonly #options: StreamChangesOptions;
  readonly #clock: SourceClock;
  readonly #limits: ChangeLimits;
  /** When those of the last window were told; at most `each`. */
  #toldMs: number[] = [];
  #counts = NO_CHANGES;
  /** Not told by themselves since the last event. */
  #untold = NO_CHANGES;
  #isFlapping = false;
  #cancelSettling: () => void = () => undefined;
  #cancelReport: () => void = () => undefined;

  constructor(options: StreamChangesOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#limits = options.limits ?? CHANGE_LIMITS;
  }

  /** All that happened since it was made. */
  get counts(): StreamChangeCounts {
    return this.#counts;
  }
  get isFlapping(): boolean {
    return this.#isFlapping;
  }

  /** It happened; tells it, or counts it. */
  note(change: StreamChange): void {
    this.#counts = withOne(this.#counts, change);
    if (!this.#isFlapping && this.#mayTell()) {
      this.#options.onChange(change);
      return;
    }
    this.#untold = withOne(this.#untold, change);
    if (!this.#isFlapping) {
      this.#isFlapping = true;
      this.#report();
    }
    this.#cancelSettling();
    this.#cancelSettling = afterRunning(this.#limits.settleMs, () => this.#settle(), this.#clock);
  }

  /** It was ended on purpose, or came to its end, which is told however often it flapped. @param wasUp until now */
  end(wasUp: boolean): void {
    if (wasUp) this.#counts = withOne(this.#counts, 'down');
    this.close();
    this.#isFlapping = false;
    this.#options.onChange('down');
  }

  /** Nothing is told any more of what was counted. */
  close(): void {
    this.#cancelSettling();
    this.#cancelReport();
  }

  #mayTell(): boolean {
    const nowMs = this.#clock.nowMs();
    const { each, windowMs } = this.#limits;
    this.#toldMs = this.#toldMs.filter((toldMs) => nowMs - toldMs < windowMs);
    if (this.#toldMs.length >= each) return false;
    this.#toldMs.push(nowMs);
    return true;
  }

  #report(): void {
    this.#options.onFlapping(this.#untold);
    this.#untold = NO_CHANGES;
    this.#cancelReport = this.#clock.after(this.#limits.windowMs, () => this.#report());
  }

  #settle(): void {
    this.#isFlapping = false;
    this.#cancelReport();
    this.#options.onSettled(this.#untold);
    this.#untold = NO_CHANGES;
  }
}

export function added(one: StreamChangeCounts, other: StreamChangeCounts): StreamChangeCounts {
  const sum = (change: StreamChange): number => one[change] + other[change];
  return { up: sum('up'), down: sum('down'), frozen: sum('frozen'), moving: sum('moving') };
}

const withOne = (counts: StreamChangeCounts, change: StreamChange): StreamChangeCounts => ({
  ...counts,
  [change]: counts[change] + 1,
});
