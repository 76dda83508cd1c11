// Bounds how many bytes a second one camera may put through this process: beyond it the camera waits, as on a slow network.

const SLICE_MS = 100;

export class BytePace {
  readonly #bytesPerSlice: number;
  #sliceMs = -Infinity;
  #bytes = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerSlice = (bytesPerSecond * SLICE_MS) / 1000;
  }

  /** Counts bytes that have come. @returns for how long nothing more should be read, in ms */
  waitMs(bytes: number, nowMs: number): number {
    if (nowMs - this.#sliceMs >= SLICE_MS) {
      this.#sliceMs = nowMs;
      this.#bytes = 0;
    }
    this.#bytes += bytes;
    return this.#bytes <= this.#bytesPerSlice ? 0 : Math.max(1, SLICE_MS - (nowMs - this.#sliceMs));
  }
}
