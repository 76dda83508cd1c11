// Single images (HTTP, enrolment): one answer each, ahead of the streams. While they wait they are no more than the bytes
// they came as, and those are bounded: an image is copied into shared memory when its turn has come, not before.
import { OnlookerError } from '../../protocol/errors.js';
import { isLarge } from '../images/decoding-cost.js';
import type { FrameJob, Worked } from '../frames/frame-job.js';
import { readImageHeader } from '../images/image-header.js';
import type { ImageMemory } from '../frames/image-memory.js';
import type { FairQueue } from '../scheduling/fair-queue.js';
import { imageSha256, type FrameCache } from './frame-cache.js';
import type { WaitingBytes } from './stream-queue.js';
import type { TaskFrame } from './task.js';

export interface SingleImagesParts {
  readonly cache: FrameCache;
  readonly turns: FairQueue;
  readonly images: ImageMemory;
  readonly maxFrameBytes: number;
  /** Bytes of all images waiting; of these at most half, so that they leave streams room. */
  readonly maxWaitingBytes: number;
  /** Shared with the streams. */
  readonly waitingBytes: WaitingBytes;
  /** How long one waits for a lane to come back, ms. */
  readonly deadlineMs: number;
  /** Told when one has taken its place in the turns. */
  readonly onWaiting: () => void;
}

export class SingleImages {
  readonly #parts: SingleImagesParts;
  #waitingBytes = 0;
  #open = 0;
  #onSettled: (() => void) | null = null;

  constructor(parts: SingleImagesParts) {
    this.#parts = parts;
  }

  /**
   * @param signal aborted when whoever asks has gone: until its turn comes an image then leaves
   * @throws OnlookerError TOO_LARGE, OVERLOADED; what the work throws, and what the signal was aborted with
   */
  async worked<R>(
    image: Uint8Array,
    { job, cacheable }: Pick<TaskFrame<R>, 'job' | 'cacheable'>,
    signal?: AbortSignal,
  ): Promise<Worked<R>> {
    const { cache, maxFrameBytes } = this.#parts;
    if (image.byteLength > maxFrameBytes) throw new OnlookerError('TOO_LARGE');
    const leave = this.#enter(image.byteLength);
    this.#open++;
    try {
      const hash = cache.isOn && cacheable !== null ? await imageSha256(image) : '';
      signal?.throwIfAborted();
      const work = (allGone?: AbortSignal): Promise<Worked<R>> => this.#takeTurn(image, job, leave, allGone);
      return await cache.worked(cacheable, hash, work, signal);
    } finally {
      leave();
      this.#open--;
      if (this.#open === 0) this.#onSettled?.();
    }
  }

  /** Resolves when every image has been answered. */
  async settled(): Promise<void> {
    if (this.#open > 0) await new Promise<void>((resolve) => (this.#onSettled = resolve));
  }

  /**
   * Counts an image among those that wait; one may always, however large.
   * @returns to be called when it waits no more, again without effect
   */
  #enter(bytes: number): () => void {
    const { maxWaitingBytes, waitingBytes } = this.#parts;
    const isFull = this.#waitingBytes + bytes > maxWaitingBytes / 2 || waitingBytes.used + bytes > maxWaitingBytes;
    if (isFull && this.#waitingBytes > 0) throw this.#parts.turns.overloaded();
    const count = (more: number): void => {
      this.#waitingBytes += more;
      waitingBytes.used += more;
    };
    count(bytes);
    let isWaiting = true;
    return () => {
      if (isWaiting) count(-bytes);
      isWaiting = false;
    };
  }

  #takeTurn<R>(image: Uint8Array, job: FrameJob<R>, leave: () => void, signal?: AbortSignal): Promise<Worked<R>> {
    const { turns, images, deadlineMs, onWaiting } = this.#parts;
    const origin = { source: {}, isInteractive: true, deadlineMs: performance.now() + deadlineMs };
    const begin = () => {
      const held = images.hold(image);
      leave();
      return { job, image: held, origin };
    };
    const answer = turns.request(isLarge(readImageHeader(image)), begin, signal);
    onWaiting();
    return answer;
  }
}
