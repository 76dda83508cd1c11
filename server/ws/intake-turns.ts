// Turns of the connections whose small messages wait: a little of each, one after the other, and then a pause in which
// everybody else has the main thread. It knows nothing of messages.
import { WorkBudget } from './work-budget.js';

export interface TurnTaker {
  /** Works until then at most, a little at least. @returns whether there is more */
  work(untilMs: number): boolean;
}

/** Of the main thread's time, all connections' small messages that are handled at once. */
const SHARE = 0.5;
const BURST_MS = 10;
/** Longest piece of work in one go, and the pause after it. */
const SLICE_MS = 4;
const PAUSE_MS = 2;
/** What one connection has of that while others wait too. */
const TURN_MS = 0.5;

export class IntakeTurns {
  /** What is handled as it comes, over all connections. */
  readonly budget = new WorkBudget(SHARE, BURST_MS);
  readonly #waiting = new Set<TurnTaker>();
  #timer: NodeJS.Timeout | null = null;
  #turn = 1;
  #isTurnMarked = false;

  /** Number of the present turn of the event loop. */
  current(): number {
    if (!this.#isTurnMarked) {
      this.#isTurnMarked = true;
      setImmediate(() => {
        this.#isTurnMarked = false;
        this.#turn += 1;
      });
    }
    return this.#turn;
  }

  join(taker: TurnTaker): void {
    this.#waiting.add(taker);
    this.#timer ??= setTimeout(() => this.#work(), 0);
  }

  leave(taker: TurnTaker): void {
    this.#waiting.delete(taker);
  }

  #work(): void {
    try {
      this.#slice();
    } finally {
      // Whatever went wrong with one, the others have their turns.
      this.#timer = this.#waiting.size > 0 ? setTimeout(() => this.#work(), PAUSE_MS) : null;
    }
  }

  #slice(): void {
    const endMs = performance.now() + SLICE_MS;
    for (let nowMs = performance.now(); nowMs < endMs; nowMs = performance.now()) {
      const [taker] = this.#waiting;
      if (taker === undefined) break;
      // To the end of the line, for as long as it has more.
      this.#waiting.delete(taker);
      if (taker.work(Math.min(endMs, nowMs + TURN_MS))) this.#waiting.add(taker);
    }
  }
}
