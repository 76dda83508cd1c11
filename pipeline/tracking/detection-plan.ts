// When a frame is to be searched for faces, and when a glance may do: detection is dear, and between two frames of a fast
// stream nothing but the place of the same faces changes. It counts frames and time as they go to work, and knows no face.

export interface DetectionRate {
  /** At least every so many frames is looked at; 1 looks at all of them. */
  readonly detectEvery: number;
}

/** A face that comes is found within this time, and nobody is carried on by guesswork for longer. */
const LONGEST_GAP_MS = 100;
/** The same while there is more to do than time: better late than not at all. */
const LONGEST_GAP_BUSY_MS = 200;

export class DetectionPlan {
  readonly #detectEvery: number;
  #glances = 0;
  #lookedMs = -Infinity;

  constructor({ detectEvery }: DetectionRate) {
    this.#detectEvery = detectEvery;
  }

  /**
   * Whether the frame that came at this time, ms, is one to glance at; it is counted as that or as looked at.
   * @param isSettled whether a glance could do at all
   */
  mayGlance(atMs: number, isSettled: boolean): boolean {
    const isDue = !isSettled || this.#isDue(atMs, LONGEST_GAP_MS);
    if (!isDue) this.#glances++;
    else this.looked(atMs);
    return !isDue;
  }

  /** Whether the frame that came at this time, ms, may go unseen while there is no time to look at it; it is counted as that. */
  mayGoUnseen(atMs: number): boolean {
    const isDue = this.#isDue(atMs, LONGEST_GAP_BUSY_MS);
    if (!isDue) this.#glances++;
    return !isDue;
  }

  /** The frame that came at this time is looked at after all. */
  looked(atMs: number): void {
    this.#glances = 0;
    this.#lookedMs = Math.max(this.#lookedMs, atMs);
  }

  #isDue(atMs: number, longestGapMs: number): boolean {
    return this.#glances + 1 >= this.#detectEvery || atMs - this.#lookedMs >= longestGapMs;
  }
}
