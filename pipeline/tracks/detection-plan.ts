// When a frame is to be searched for faces, and when a glance may do: detection is dear, and between two frames of a fast
// stream nothing but the place of the same faces changes. It counts frames and time as they go to work, and knows no face.

export interface DetectionRate {
  /** At least every so many frames is looked at; 1 looks at all of them. */
  readonly detectEvery: number;
}

/** A face that comes is found within this time, and nobody is carried on by guesswork for longer. */
export const LONGEST_GAP_MS = 100;
/** While there is more to do than time, so much less often, and at the latest after this time: that is better than not at all. */
const BUSY_FACTOR = 2;
const LONGEST_GAP_BUSY_MS = 200;

export class DetectionPlan {
  /** How many frames may be carried on between two that are looked at. */
  readonly #mostCarried: number;
  #carried = 0;
  #lookedMs = -Infinity;

  constructor({ detectEvery }: DetectionRate) {
    this.#mostCarried = detectEvery - 1;
  }

  /**
   * Whether the frame that came at this time, ms, is one to glance at; it is counted as that or as looked at.
   * @param isSettled whether a glance could do at all
   */
  mayGlance(atMs: number, isSettled: boolean): boolean {
    const may = isSettled && this.#mayCarry(atMs, this.#mostCarried, LONGEST_GAP_MS);
    if (!may) this.looked(atMs);
    return may;
  }

  /** Whether the frame that came at this time, ms, may go unseen while there is no time to look at it; it is counted as that. */
  mayGoUnseen(atMs: number): boolean {
    return this.#mayCarry(atMs, BUSY_FACTOR * this.#mostCarried, LONGEST_GAP_BUSY_MS);
  }

  /** The frame that came at this time is looked at after all. */
  looked(atMs: number): void {
    this.#carried = 0;
    this.#lookedMs = Math.max(this.#lookedMs, atMs);
  }

  #mayCarry(atMs: number, most: number, longestGapMs: number): boolean {
    if (this.#carried >= most || atMs - this.#lookedMs >= longestGapMs) return false;
    this.#carried++;
    return true;
  }
}
