// Lets at most so many pictures a second through: for cameras whose images come undecoded, and whose clocks cannot be believed.

export class RateGuard {
  readonly #fps: number;
  readonly #burst: number;
  #tokens: number;
  #lastMs = -Infinity;

  /** @param burst how many may come at once after a pause: what the network held back */
  constructor(fps: number, burst: number) {
    this.#fps = fps;
    this.#burst = burst;
    this.#tokens = burst;
  }

  lets(nowMs: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#lastMs) / 1000) * this.#fps);
    this.#lastMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
