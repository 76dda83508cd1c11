// A clock that is turned by hand.
import type { SourceClock } from '../../pipeline/sources/source-clock.js';

interface Waiting {
  readonly atMs: number;
  readonly action: () => void;
}

export class HandClock implements SourceClock {
  #nowMs = 0;
  #waiting: readonly Waiting[] = [];

  nowMs(): number {
    return this.#nowMs;
  }
  unixMs(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }
  after(delayMs: number, action: () => void): () => void {
    const entry = { atMs: this.#nowMs + delayMs, action };
    this.#waiting = [...this.#waiting, entry];
    return () => (this.#waiting = this.#waiting.filter((other) => other !== entry));
  }

  /** Time goes by while the process stands: what was due meanwhile comes when it goes on. */
  standStill(ms: number): void {
    this.#nowMs += ms;
    const due = this.#waiting.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#waiting = this.#waiting.filter((entry) => !due.includes(entry));
    for (const { action } of due.sort((one, other) => one.atMs - other.atMs)) action();
  }

  /** Runs what is due meanwhile, in order. */
  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = this.#waiting.filter(({ atMs }) => atMs <= untilMs);
      const [next] = due.sort((one, other) => one.atMs - other.atMs);
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((entry) => entry !== next);
      this.#nowMs = next.atMs;
      next.action();
    }
    this.#nowMs = untilMs;
  }
}
