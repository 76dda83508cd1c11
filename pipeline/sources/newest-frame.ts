// Hands frames to a taker that may be slower than the camera: while it is busy, only the newest frame waits for it.
// Must never hold more than that one, and a taker that throws must not stop the camera.

export interface SourceFrame {
  /** JPEG bytes in memory of their own, which may be kept and must not be written to or given away: others keep them too. */
  readonly jpeg: Uint8Array<ArrayBuffer>;
  /** Unix time in ms: of its arrival, or for a file that plays faster, its place in the file after the start. */
  readonly atMs: number;
}
/** A promise means: busy until it settles. */
export type TakeFrame = (frame: SourceFrame) => void | Promise<void>;

export class NewestFrame {
  readonly #take: TakeFrame;
  readonly #onError: (error: unknown) => void;
  #busy: Promise<void> | null = null;
  #waiting: SourceFrame | null = null;
  #delivered = 0;
  #dropped = 0;

  constructor(take: TakeFrame, onError: (error: unknown) => void) {
    this.#take = take;
    this.#onError = onError;
  }

  /** `delivered + dropped` is the number offered, but for the one that may be waiting. */
  get counts(): { readonly delivered: number; readonly dropped: number } {
    return { delivered: this.#delivered, dropped: this.#dropped };
  }

  /** Gives the frame now, or as soon as the taker is free unless a newer one has come by then. */
  offer(frame: SourceFrame): void {
    if (this.#busy === null) {
      this.#busy = this.#give(frame);
      return;
    }
    if (this.#waiting !== null) this.#dropped += 1;
    this.#waiting = frame;
  }

  /** Gives the frame once the taker is free and waits until it has taken it: for files of which nothing may be lost. */
  async deliver(frame: SourceFrame): Promise<void> {
    this.offer(frame);
    while (this.#busy !== null) await this.#busy;
  }

  /** Forgets what waits. */
  clear(): void {
    if (this.#waiting !== null) this.#dropped += 1;
    this.#waiting = null;
  }

  async #give(first: SourceFrame): Promise<void> {
    for (let frame: SourceFrame | null = first; frame !== null; frame = this.#waiting, this.#waiting = null) {
      this.#delivered += 1;
      try {
        await this.#take(frame);
      } catch (error) {
        this.#onError(error);
      }
    }
    this.#busy = null;
  }
}
