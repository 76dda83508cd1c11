// Whose frame is next. Streams take turns, so that one at 60 frames a second cannot starve one at 2; single images
// (HTTP, enrolment) go first, but never twice in a row while a stream waits, so that they cannot starve the streams.
import { OnlookerError } from '../protocol/errors.js';
import type { FrameWork, WorkedFrame } from './frame-engine.js';
import type { QueuedFrame, StreamQueue } from './stream-queue.js';

/** A stream as the turns see it. */
export interface StreamTurn {
  readonly queue: StreamQueue;
  /** Called for each frame that is taken, in order. */
  begin(frame: QueuedFrame): FrameTurn;
}
/** What is wanted of a frame, and who is told what came of it. */
export interface FrameTurn {
  readonly work: Omit<FrameWork, 'image'>;
  settle(outcome: Promise<WorkedFrame>): void;
}

interface WaitingRequest {
  readonly work: FrameWork;
  settle(outcome: Promise<WorkedFrame>): void;
}

/** The next work to do, and whom to tell. */
export interface Turn {
  readonly fromStream: boolean;
  readonly work: FrameWork;
  settle(outcome: Promise<WorkedFrame>): void;
}

export class Turns {
  readonly #maxRequests: number;
  readonly #requests: WaitingRequest[] = [];
  /** Streams with a waiting frame; a set keeps the order in which they joined. */
  readonly #streams = new Set<StreamTurn>();
  #requestWasLast = false;

  constructor(maxRequests: number) {
    this.#maxRequests = maxRequests;
  }

  get requestsWaiting(): number {
    return this.#requests.length;
  }

  /** A stream may have a frame waiting. */
  join(stream: StreamTurn): void {
    if (stream.queue.waiting > 0) this.#streams.add(stream);
  }

  leave(stream: StreamTurn): void {
    this.#streams.delete(stream);
  }

  /** A single image takes its place. @throws OnlookerError OVERLOADED */
  request(work: FrameWork): Promise<WorkedFrame> {
    if (this.#requests.length >= this.#maxRequests)
      throw new OnlookerError('OVERLOADED', 'Too many images are waiting; try again.');
    return new Promise((resolve) => {
      this.#requests.push({ work, settle: resolve });
    });
  }

  next(): Turn | undefined {
    const request = this.#requestWasLast && this.#streams.size > 0 ? undefined : this.#requests.shift();
    this.#requestWasLast = request !== undefined;
    return request === undefined ? this.#nextOfStreams() : { ...request, fromStream: false };
  }

  #nextOfStreams(): Turn | undefined {
    for (const stream of this.#streams) {
      this.#streams.delete(stream);
      const frame = stream.queue.take();
      if (frame === undefined) continue;
      this.join(stream);
      const image = frame.image ?? new Uint8Array();
      frame.image = null;
      const turn = stream.begin(frame);
      return { fromStream: true, work: { ...turn.work, image }, settle: (outcome) => turn.settle(outcome) };
    }
    return undefined;
  }
}
