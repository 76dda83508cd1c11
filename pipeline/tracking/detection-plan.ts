// When a frame is to be searched for faces, and when a glance may do: detection is dear, and between two frames of a fast
// stream nothing but the place of the same faces changes. It counts frames and time as they go to work, and knows no face.

export interface DetectionRate {
  /** At least every so many frames is looked at; 1 looks at all of them. */
  readonly detectEvery: number;
}

/** A face that comes is found within this time, and nobody is carried on by guesswork for longer. */
const LONGEST_GAP_MS = 100;

export class DetectionPlan {
  readonly #detectEvery: number;
  #glances = 0;
  #lookedMs = -Infinity;

  constructor({ detectEvery }: DetectionRate) {
    this.#detectEvery = detectEvery;
  }

  /** Whether a glance may do for the frame that came at this time, ms; if so, it is counted as one. */
  mayGlance(atMs: number): boolean {
    const isDue = this.#glances + 1 >= this.#detectEvery || atMs - this.#lookedMs >= LONGEST_GAP_MS;
    if (!isDue) this.#glances++;
    else this.looked(atMs);
    return !isDue;
  }

  /** The frame that came at this time is looked at after all. */
  looked(atMs: number): void {
    this.#glances = 0;
    this.#lookedMs = Math.max(this.#lookedMs, atMs);
  }
}
