// One stream's frames: waiting, at work, answered; and the promise of the contract that every frame gets exactly one
// result, in the order sent. Newest frame wins: what is more than the credits allow costs the oldest waiting frame.
//
//   push ──▶ [ waiting … ] ──take──▶ at work ──settle──▶ done ──▶ result, once all before it are out
//                 │ superseded, deadline, draining                ▲
//                 └──────────────── dropped ──────────────────────┘
import type { DropReason, FrameOutcome, StreamStats } from '../../protocol/payloads.js';
import type { FramePlace, FrameResult } from './frame-result.js';
import type { HeldImage } from '../frames/image-memory.js';
import { withTotal } from './timing.js';

/** A frame's place in the order of results. */
export interface QueuedFrame {
  readonly seq: number;
  readonly ts: number | null;
  readonly receivedAtMs: number;
  outcome: FrameOutcome | null;
}
/** A frame that waits, as bytes. */
export interface WaitingFrame {
  readonly frame: QueuedFrame;
  readonly image: HeldImage;
  /** Decoding it takes long (decoding-cost.ts). */
  readonly isLarge: boolean;
}
/** Bytes of the images that wait, over all queues that share it. */
export interface WaitingBytes {
  used: number;
}

/** Who has not sent too many for so long is taken to keep to their credits again. */
const MENDED_MS = 500;

export class StreamQueue {
  readonly #credits: number;
  readonly #onResult: (result: FrameResult) => void;
  /** All that are unanswered, in the order sent. */
  readonly #unanswered: QueuedFrame[] = [];
  readonly #waiting: WaitingFrame[] = [];
  readonly #allWaitingBytes: WaitingBytes;
  readonly #stats = { received: 0, ok: 0, dropped: 0, errors: 0 };
  #atWork = 0;
  #isFlushing = false;
  /** When it last sent more than its credits allow, ms. */
  #tooManyMs = -Infinity;
  #isBeyondCredits = false;
  #waitingBytes = 0;
  #onEmpty: (() => void) | null = null;

  /**
   * @param onResult called once for each frame, in order; must not throw
   * @param waitingBytes kept in step with what waits here
   */
  constructor(credits: number, onResult: (result: FrameResult) => void, waitingBytes: WaitingBytes) {
    this.#credits = credits;
    this.#allWaitingBytes = waitingBytes;
    this.#onResult = onResult;
  }

  get stats(): StreamStats {
    return { ...this.#stats };
  }
  get waiting(): number {
    return this.#waiting.length;
  }
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Takes a frame in; when that is one too many, the oldest waiting frame is answered `superseded`. */
  push(frame: FramePlace, image: HeldImage, isLarge = false): void {
    if (this.#unanswered.length === 0 && frame.receivedAtMs - this.#tooManyMs > MENDED_MS) this.#isBeyondCredits = false;
    this.#waiting.push({ frame: this.#append(frame, null), image, isLarge });
    this.#count(image.bytes.byteLength);
    while (this.#waiting.length > this.#mostWaiting) {
      this.#isBeyondCredits = true;
      this.#tooManyMs = frame.receivedAtMs;
      this.#dropOldest('superseded');
    }
  }

  /** Takes in a frame that is answered without work, such as one that is too large. */
  pushAnswered(frame: FramePlace, outcome: FrameOutcome): void {
    this.#append(frame, outcome);
    this.#flush();
  }

  /**
   * Whether the client sends what comes, and not what its credits allow: of such a one only the newest frame waits. It is
   * taken to keep to them again when it has not exceeded them for a while and then has no frame unanswered.
   */
  get isBeyondCredits(): boolean {
    return this.#isBeyondCredits;
  }

  /** The oldest waiting frame, which `take` would take. */
  get next(): WaitingFrame | undefined {
    return this.#waiting[0];
  }

  /** Takes a frame in that goes to work at once, while none waits before it; `settle` must follow. */
  pushTaken(frame: FramePlace): QueuedFrame {
    if (this.#waiting.length > 0) throw new Error('a frame may not overtake those that wait');
    this.#atWork++;
    return this.#append(frame, null);
  }

  /** The oldest waiting frame, to work on: its image is the caller's to release, and `settle` must follow. */
  take(): WaitingFrame | undefined {
    const taken = this.#shiftWaiting();
    if (taken !== undefined) this.#atWork++;
    return taken;
  }

  /** The outcome of a frame that was taken. */
  settle(frame: QueuedFrame, outcome: FrameOutcome): void {
    this.#atWork--;
    frame.outcome = outcome;
    this.#flush();
  }

  /** Answers as `deadline` what has waited since before the given time. @returns how many those were */
  dropOlderThan(receivedBeforeMs: number): number {
    let dropped = 0;
    for (
      let oldest = this.#waiting[0]?.frame;
      oldest !== undefined && oldest.receivedAtMs < receivedBeforeMs;
      oldest = this.#waiting[0]?.frame
    ) {
      this.#dropOldest('deadline');
      dropped++;
    }
    return dropped;
  }

  /** Answers everything that waits as dropped. */
  dropWaiting(reason: DropReason): void {
    while (this.#waiting.length > 0) this.#dropOldest(reason);
  }

  /** Resolves when every frame taken in has been answered. */
  async settled(): Promise<void> {
    if (this.#unanswered.length === 0 && !this.#isFlushing) return;
    await new Promise<void>((resolve) => {
      const before = this.#onEmpty;
      this.#onEmpty = () => {
        before?.();
        resolve();
      };
    });
  }

  /** One may always wait: a client within its credits loses nothing, one beyond them is served its newest. */
  get #mostWaiting(): number {
    return this.#isBeyondCredits ? 1 : Math.max(1, this.#credits - this.#atWork);
  }

  #append({ seq, ts, receivedAtMs }: FramePlace, outcome: FrameOutcome | null): QueuedFrame {
    const queued: QueuedFrame = { seq, ts, receivedAtMs, outcome };
    this.#stats.received++;
    this.#unanswered.push(queued);
    return queued;
  }

  #shiftWaiting(): WaitingFrame | undefined {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) this.#count(-waiting.image.bytes.byteLength);
    return waiting;
  }

  #count(bytes: number): void {
    this.#waitingBytes += bytes;
    this.#allWaitingBytes.used += bytes;
  }

  #dropOldest(reason: DropReason): void {
    const dropped = this.#shiftWaiting();
    if (dropped === undefined) return;
    dropped.image.release();
    dropped.frame.outcome = { status: 'dropped', reason };
    this.#flush();
  }

  #flush(): void {
    // Who is told a result may hand in a frame at once, which may be answered at once too: it must not overtake.
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    for (let count = this.#answered; count > 0; count = this.#answered)
      for (const frame of this.#unanswered.splice(0, count)) this.#tell(frame);
    this.#isFlushing = false;
    if (this.#unanswered.length === 0 && this.#onEmpty !== null) {
      const tell = this.#onEmpty;
      this.#onEmpty = null;
      tell();
    }
  }

  /** How many may be told: those before the first that has no outcome. */
  get #answered(): number {
    const first = this.#unanswered.findIndex(({ outcome }) => outcome === null);
    return first === -1 ? this.#unanswered.length : first;
  }

  #tell({ seq, ts, receivedAtMs, outcome }: QueuedFrame): void {
    if (outcome === null) return;
    if (outcome.status === 'ok') this.#stats.ok++;
    else if (outcome.status === 'dropped') this.#stats.dropped++;
    else this.#stats.errors++;
    this.#onResult({
      seq,
      ts,
      outcome: outcome.status === 'ok' ? withTotal(outcome, performance.now() - receivedAtMs) : outcome,
    });
  }
}
