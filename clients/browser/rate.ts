// How often something happened lately.

const WINDOW_MS = 2_000;

export class Rate {
  readonly #times: number[] = [];

  add(nowMs: number): void {
    this.#times.push(nowMs);
    this.#forget(nowMs);
  }

  /** Per second, over the last two. */
  at(nowMs: number): number {
    this.#forget(nowMs);
    return (1000 * this.#times.length) / WINDOW_MS;
  }

  #forget(nowMs: number): void {
    while ((this.#times[0] ?? nowMs) <= nowMs - WINDOW_MS) this.#times.shift();
  }
}
