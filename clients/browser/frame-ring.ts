// The last few frames that were sent, so that what is said of one can be drawn on that one. Owns their bitmaps, which are
// memory of the graphics card as well: it must never hold more than its bound.
import type { CapturedFrame } from './camera-options.js';

export class FrameRing {
  readonly #limit: number;
  /** By `seq`, oldest first. */
  readonly #frames = new Map<number, CapturedFrame>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#frames.size;
  }

  add(frame: CapturedFrame): void {
    this.#frames.set(frame.seq, frame);
    const [oldest] = this.#frames.values();
    if (this.#frames.size > this.#limit && oldest) this.#release(oldest);
  }

  get(seq: number): CapturedFrame | undefined {
    return this.#frames.get(seq);
  }

  clear(): void {
    for (const frame of [...this.#frames.values()]) this.#release(frame);
  }

  #release(frame: CapturedFrame): void {
    this.#frames.delete(frame.seq);
    frame.image.close();
  }
}
