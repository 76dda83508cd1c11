// Whose frame is next. Streams take turns by weighted fair queueing: each frame moves its stream's clock on by 1/weight, and
// the stream whose clock is least is next, so one at 60 frames a second cannot starve one at 2, and weight 2 gets twice the
// turns. Single images (HTTP, enrolment) go first, but never twice in a row while a stream waits.
//
//   door   (weight 1)  ──▶ 12.0 ─┐
//   lobby  (weight 2)  ──▶ 11.5 ─┼─▶ lobby, now at 12.0; a stream that was silent begins at 11.5 and has saved nothing up
//   garage (silent)    ──▶  3.0 ─┘
import { OnlookerError } from '../../protocol/errors.js';
import type { FrameWork, WorkedFrame } from '../frame-engine.js';
import type { StreamQueue, WaitingFrame } from '../stream-queue.js';

/** A stream as the turns see it. */
export interface StreamTurn {
  readonly queue: StreamQueue;
  /** Turns beside a stream of weight 1. */
  readonly weight: number;
  /** A frame is answered within so long after it came, or dropped. */
  readonly deadlineMs: number;
  /** Answers its oldest waiting frame without work, if it can be. @returns whether it was */
  relieve(): boolean;
  /** Called for each frame that is taken, in order. */
  begin(taken: WaitingFrame): FrameTurn;
}
/** What is to be done, and who is told what came of it. */
export interface FrameTurn {
  readonly work: FrameWork;
  settle(outcome: Promise<WorkedFrame>): void;
}

interface Request extends Pick<FrameTurn, 'settle'> {
  begin(): FrameWork;
}

export class Turns {
  readonly #maxRequests: number;
  readonly #requests: Request[] = [];
  /** Streams with a waiting frame; a set keeps the order in which they joined, which decides where all else is equal. */
  readonly #waiting = new Set<StreamTurn>();
  /** How far each stream has come, in turns of weight 1. */
  readonly #clocks = new WeakMap<StreamTurn, number>();
  /** The clock of the stream that was served last. */
  #now = 0;
  #requestWasLast = false;

  constructor(maxRequests: number) {
    this.#maxRequests = maxRequests;
  }

  get requestsWaiting(): number {
    return this.#requests.length;
  }

  get streamsWaiting(): number {
    return this.#waiting.size;
  }

  /** A stream may have a frame waiting. */
  join(stream: StreamTurn): void {
    if (stream.queue.waiting === 0 || this.#waiting.has(stream)) return;
    this.#waiting.add(stream);
    this.#clocks.set(stream, Math.max(this.#now, this.#clocks.get(stream) ?? 0));
  }

  leave(stream: StreamTurn): void {
    this.#waiting.delete(stream);
  }

  /** While there is no room for all: whatever can be answered without work is, so that it does not wait for its turn. */
  relieve(): void {
    for (const stream of this.#waiting) {
      while (stream.queue.waiting > 0 && stream.relieve());
      if (stream.queue.waiting === 0) this.#waiting.delete(stream);
    }
  }

  /**
   * A single image takes its place.
   * @param begin called when its turn has come
   * @param signal gives the place up, unless its turn has come
   * @throws OnlookerError OVERLOADED; what the signal was aborted with
   */
  request(begin: () => FrameWork, signal?: AbortSignal): Promise<WorkedFrame> {
    signal?.throwIfAborted();
    if (this.#requests.length >= this.#maxRequests)
      throw new OnlookerError('OVERLOADED', 'Too many images are waiting; try again.');
    return new Promise((resolve, reject) => {
      const request = { begin, settle: resolve };
      this.#requests.push(request);
      const leave = (): void => {
        const at = this.#requests.indexOf(request);
        if (at === -1) return;
        this.#requests.splice(at, 1);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  /**
   * The next work to do.
   * @param nowMs `performance.now()`
   * @param expectedMs how long a frame takes that goes to work now: one whose deadline is nearer is dropped instead
   */
  next(nowMs: number, expectedMs: number): FrameTurn | undefined {
    const request = this.#requestWasLast && this.#waiting.size > 0 ? undefined : this.#nextRequest();
    this.#requestWasLast = request !== undefined;
    return request ?? this.#nextOfStreams(nowMs, expectedMs) ?? this.#nextRequest();
  }

  #nextRequest(): FrameTurn | undefined {
    const request = this.#requests.shift();
    return request && { work: request.begin(), settle: request.settle };
  }

  #nextOfStreams(nowMs: number, expectedMs: number): FrameTurn | undefined {
    for (let stream = this.#leastClock(); stream !== undefined; stream = this.#leastClock()) {
      this.#waiting.delete(stream);
      const { queue, deadlineMs, weight } = stream;
      queue.dropOlderThan(nowMs - Math.max(0, deadlineMs - expectedMs));
      const taken = queue.take();
      if (taken === undefined) continue;
      const clock = this.#clocks.get(stream) ?? this.#now;
      this.#now = clock;
      this.#clocks.set(stream, clock + 1 / weight);
      if (queue.waiting > 0) this.#waiting.add(stream);
      return stream.begin(taken);
    }
    return undefined;
  }

  #leastClock(): StreamTurn | undefined {
    let first: StreamTurn | undefined;
    let least = Infinity;
    for (const stream of this.#waiting) {
      const clock = this.#clocks.get(stream) ?? 0;
      if (clock > least || (clock === least && first !== undefined && !isFresher(stream, first))) continue;
      least = clock;
      first = stream;
    }
    return first;
  }
}

/**
 * Which of two streams with equal clocks is next, where more comes than can be served: the one whose frame is newer. The
 * other's will be replaced before it has become old, and each still has its turn in every round.
 */
function isFresher(stream: StreamTurn, other: StreamTurn): boolean {
  if (!stream.queue.isBeyondCredits || !other.queue.isBeyondCredits)
    return !stream.queue.isBeyondCredits && other.queue.isBeyondCredits;
  return cameAtMs(stream) > cameAtMs(other);
}
const cameAtMs = ({ queue }: StreamTurn): number => queue.next?.frame.receivedAtMs ?? -Infinity;
