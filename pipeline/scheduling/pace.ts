// How fast a queue moves: from the times between those that leave it, how long what waits there should take. It is what a client
// that finds the queue full is told, so it is honest about one that has come to a stand.

/** Of what is usual, by each time between two. */
const GAIN = 1 / 4;

export class Pace {
  #lastMs: number | null = null;
  #usualMs: number | null = null;

  /** One has left. @param isLast nothing waits behind it: how long the next takes to come says nothing */
  left(nowMs: number, isLast: boolean): void {
    if (this.#lastMs !== null) {
      const ms = nowMs - this.#lastMs;
      this.#usualMs = this.#usualMs === null ? ms : this.#usualMs + GAIN * (ms - this.#usualMs);
    }
    this.#lastMs = isLast ? null : nowMs;
  }

  /** @returns how long so many should take, ms; undefined before anything is known */
  expectedMs(waiting: number, nowMs: number): number | undefined {
    const standingMs = this.#lastMs === null ? 0 : nowMs - this.#lastMs;
    if (this.#usualMs === null) return undefined;
    return waiting * Math.max(this.#usualMs, standingMs / Math.max(1, waiting));
  }
}
