// How long a stream's frame takes from the moment it goes to work to its answer, learned from those of the same stream: what
// admission judges by. The mean and its deviation are smoothed as TCP does it for round trips (Jacobson, SIGCOMM 1988; RFC 6298).

const GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;
/** RFC 6298 waits four deviations before it gives up; a frame that is given up is lost, so two do here. */
const DEVIATIONS = 2;

export class FrameCosts {
  #meanMs = 0;
  #deviationMs = 0;
  #isKnown = false;

  /** A frame was answered so long after it went to work. */
  note(ms: number): void {
    if (!this.#isKnown) {
      this.#isKnown = true;
      this.#meanMs = ms;
      this.#deviationMs = ms / 2;
      return;
    }
    const error = ms - this.#meanMs;
    this.#deviationMs += DEVIATION_GAIN * (Math.abs(error) - this.#deviationMs);
    this.#meanMs += GAIN * error;
  }

  /** A frame was given up for what is expected: that is believed less each time, or it would never be found out again. */
  doubt(): void {
    this.#meanMs -= GAIN * this.#meanMs;
    this.#deviationMs -= DEVIATION_GAIN * this.#deviationMs;
  }

  /** How long the next one takes, with some safety, in ms; 0 before anything is known. */
  get expectedMs(): number {
    return this.#meanMs + DEVIATIONS * this.#deviationMs;
  }
}
