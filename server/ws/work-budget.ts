// Time of the main thread that may be used up, as a bucket of tokens: it fills with time up to a burst, and what was really used
// is taken out afterwards, so that it may be overdrawn by one piece of work.

export class WorkBudget {
  readonly #burstMs: number;
  /** Part of the time that may be used in the long run, 0..1. */
  readonly #share: number;
  #leftMs: number;
  #atMs = 0;

  constructor(share: number, burstMs: number) {
    this.#share = share;
    this.#burstMs = burstMs;
    this.#leftMs = burstMs;
  }

  /** Whether anything is left. @param nowMs `performance.now()` */
  hasLeft(nowMs: number): boolean {
    this.#leftMs = Math.min(this.#burstMs, this.#leftMs + (nowMs - this.#atMs) * this.#share);
    this.#atMs = nowMs;
    return this.#leftMs > 0;
  }

  use(ms: number): void {
    // What a single long message took is not held against the client for longer than a few bursts would be.
    this.#leftMs = Math.max(this.#leftMs - ms, -4 * this.#burstMs);
  }
}
