// Whose frame is next. Streams take turns by weighted fair queueing, in work and not in frames: each moves its stream's clock
// on by what it cost, divided by the weight, and the stream whose clock is least is next. So one at 60 frames a second cannot
// starve one at 2, nor one whose frames are dear those whose are cheap; weight 2 gets twice the work. Single images (HTTP,
// enrolment) go first, but while streams wait for no more work than those get. What does not fit at present is passed over.
//
//   door   (weight 1)  ──▶ 120 ms ─┐
//   lobby  (weight 2)  ──▶ 115 ms ─┼─▶ lobby, 10 ms: now at 120; a stream that was silent begins at 115 and has saved nothing up
//   garage (silent)    ──▶  30 ms ─┘
import { OnlookerError } from '../../protocol/errors.js';
import type { FrameWork } from '../frames/frame-engine.js';
import type { Worked } from '../frames/frame-job.js';
import type { Cacheable } from '../streams/frame-cache.js';
import type { StreamQueue, WaitingFrame } from '../streams/stream-queue.js';
import { retryAfter } from './retry-after.js';
import type { Size } from './frame-size.js';
import { Pace } from './pace.js';
import { Precedence } from './precedence.js';

/** A stream as the turns see it. */
export interface StreamTurn {
  readonly queue: StreamQueue;
  /** Work beside a stream of weight 1. */
  readonly weight: number;
  /** Answers as dropped what waits and could only be answered too late. @param isIdle nothing else is under way */
  dropLate(nowMs: number, isIdle: boolean): void;
  /** Answers its oldest waiting frame without work, if it can be. @returns whether it was */
  relieve(): boolean;
  /** Called for each frame that is taken, in order. */
  begin(taken: WaitingFrame): FrameTurn;
}
/** What is to be done, and who is told what came of it. */
export interface FrameTurn {
  readonly work: FrameWork;
  /** How what comes of it may be kept; null where it may not. */
  readonly cacheable: Cacheable<unknown> | null;
  settle(outcome: Promise<Worked<unknown>>): void;
}
/** Work that is no frame, such as drawing into one. */
export interface AsideTurn {
  /** Never rejects: whoever asked is told. */
  readonly job: () => Promise<void>;
}
export type Turn = (FrameTurn | AsideTurn) & {
  /** To be told once how much work it was, ms of a thread: until then it counts for as much as those before it. */
  readonly spent: (ms: number) => void;
};
/** What there is room for now. */
export interface Room {
  /** Nothing is under way. */
  readonly isIdle: boolean;
  /** A stream whose frames cost more than that, as a rule, is `large`: ms of work. */
  readonly dearMs: number;
  fits(size: Size): boolean;
}

/** What the frames of a stream cost, and how far that has brought it. */
interface Account {
  clockMs: number;
  /** Of a frame, as a rule; counted from the beginning, so that turns are taken before any is known. */
  usualMs: number;
  isKnown: boolean;
}
/** Of what is usual, by each that is known. */
const GAIN = 1 / 4;
const UNKNOWN_MS = 1;

interface Request {
  readonly isLarge: boolean;
  begin(): FrameTurn | AsideTurn;
  reject(error: unknown): void;
}

export class FairQueue {
  readonly #maxRequests: number;
  readonly #requests: Request[] = [];
  /** Streams with a waiting frame; a set keeps the order in which they joined, which decides where all else is equal. */
  readonly #waiting = new Set<StreamTurn>();
  readonly #accounts = new WeakMap<StreamTurn, Account>();
  /** In ms of work. */
  readonly #precedence = new Precedence();
  readonly #requestPace = new Pace();
  /** Of a single image, as a rule. */
  #usualRequestMs = UNKNOWN_MS;
  /** The clock of the stream that was served last. */
  #nowMs = 0;

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
    const account = this.#accountOf(stream);
    account.clockMs = Math.max(this.#nowMs, account.clockMs);
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
   * @param isLarge as of `Room`
   * @param begin called when its turn has come
   * @param signal gives the place up, unless its turn has come
   * @throws OnlookerError OVERLOADED; what the signal was aborted with
   */
  request<R>(isLarge: boolean, begin: () => FrameWork<R>, signal?: AbortSignal): Promise<Worked<R>> {
    return this.#enter<Worked<R>>(
      isLarge,
      // What comes of the work is what its job makes.
      (settle) => ({ work: begin(), cacheable: null, settle: (outcome) => settle(outcome as Promise<Worked<R>>) }),
      signal,
    );
  }

  /** Other work takes its place among single images, as a large one. @throws OnlookerError OVERLOADED; what the job throws */
  aside<T>(job: () => Promise<T>): Promise<T> {
    return this.#enter<T>(true, (settle) => ({
      job: async () => {
        const done = Promise.resolve().then(job);
        settle(done);
        await done.catch(() => undefined);
      },
    }));
  }

  #enter<T>(
    isLarge: boolean,
    begin: (settle: (outcome: Promise<T>) => void) => FrameTurn | AsideTurn,
    signal?: AbortSignal,
  ): Promise<T> {
    signal?.throwIfAborted();
    if (this.#requests.length >= this.#maxRequests) throw this.overloaded();
    return new Promise((resolve, reject) => {
      const request = { isLarge, begin: () => begin(resolve), reject };
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

  /** What whoever asks for a single image is told where too many wait. */
  overloaded(): OnlookerError {
    const waitMs = this.#requestPace.expectedMs(this.#requests.length, performance.now());
    return new OnlookerError('OVERLOADED', 'Too many images are waiting; try again.', undefined, retryAfter(waitMs));
  }

  /** The next work to do. @param nowMs `performance.now()` */
  next(nowMs: number, room: Room): Turn | undefined {
    if (this.#waiting.size === 0) this.#precedence.forget();
    const isImage = this.#precedence.isImageNext(this.#requests.length > 0, this.#waiting.size > 0);
    return isImage
      ? (this.#nextRequest(nowMs, room) ?? this.#nextOfStreams(nowMs, room))
      : (this.#nextOfStreams(nowMs, room) ?? this.#nextRequest(nowMs, room));
  }

  #nextRequest(nowMs: number, room: Room): Turn | undefined {
    const sizeOf = ({ isLarge }: Request): Size => (isLarge ? 'large' : 'unproven');
    const at = this.#requests.findIndex((request) => room.fits(sizeOf(request)));
    const [request] = at === -1 ? [] : this.#requests.splice(at, 1);
    if (request === undefined) return undefined;
    this.#requestPace.left(nowMs, this.#requests.length === 0);
    let begun: FrameTurn | AsideTurn;
    try {
      begun = request.begin();
    } catch (error) {
      // Memory for its image is taken only now, and may not be there: whoever asked is told, and the next one has its turn.
      request.reject(error);
      return this.#nextRequest(nowMs, room);
    }
    const guessMs = this.#usualRequestMs;
    this.#precedence.gave(true, guessMs);
    const spent = (ms: number): void => {
      this.#precedence.gave(true, ms - guessMs);
      this.#usualRequestMs += GAIN * (ms - this.#usualRequestMs);
    };
    return { ...sized(begun, sizeOf(request)), spent };
  }

  #nextOfStreams(nowMs: number, room: Room): Turn | undefined {
    for (let stream = this.#leastClock(room); stream !== undefined; stream = this.#leastClock(room)) {
      this.#waiting.delete(stream);
      const { queue } = stream;
      stream.dropLate(nowMs, room.isIdle);
      // What waits behind a frame that was dropped may be another matter.
      const size = this.#sizeOfNext(stream, room);
      const taken = size !== undefined && room.fits(size) ? queue.take() : undefined;
      if (queue.waiting > 0) this.#waiting.add(stream);
      if (size !== undefined && taken !== undefined) return { ...sized(stream.begin(taken), size), spent: this.#charge(stream) };
    }
    return undefined;
  }

  /** @returns to be told what it was in truth */
  #charge(stream: StreamTurn): (ms: number) => void {
    const account = this.#accountOf(stream);
    const guessMs = account.usualMs;
    this.#nowMs = account.clockMs;
    account.clockMs += guessMs / stream.weight;
    this.#precedence.gave(false, guessMs);
    return (ms) => {
      account.clockMs += (ms - guessMs) / stream.weight;
      account.usualMs += (account.isKnown ? GAIN : 1) * (ms - account.usualMs);
      account.isKnown = true;
      this.#precedence.gave(false, ms - guessMs);
    };
  }

  #accountOf(stream: StreamTurn): Account {
    const known = this.#accounts.get(stream);
    if (known !== undefined) return known;
    const account = { clockMs: this.#nowMs, usualMs: UNKNOWN_MS, isKnown: false };
    this.#accounts.set(stream, account);
    return account;
  }

  /** Undefined where none waits. */
  #sizeOfNext(stream: StreamTurn, room: Room): Size | undefined {
    const { next } = stream.queue;
    if (next === undefined) return undefined;
    const { usualMs, isKnown } = this.#accountOf(stream);
    if (next.isLarge || usualMs > room.dearMs) return 'large';
    return isKnown ? 'usual' : 'unproven';
  }

  /** Of the streams whose next frame there is room for. */
  #leastClock(room: Room): StreamTurn | undefined {
    let first: StreamTurn | undefined;
    let least = Infinity;
    for (const stream of this.#waiting) {
      const size = this.#sizeOfNext(stream, room);
      if (size !== undefined && !room.fits(size)) continue;
      const { clockMs } = this.#accountOf(stream);
      if (clockMs > least || (clockMs === least && first !== undefined && !isFresher(stream, first))) continue;
      least = clockMs;
      first = stream;
    }
    return first;
  }
}

function sized<T extends FrameTurn | AsideTurn>(turn: T, size: Size): T {
  return 'work' in turn ? { ...turn, work: { ...turn.work, size } } : turn;
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
