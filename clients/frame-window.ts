// The account of one stream: which frames are unanswered, who waits for a credit, and whose turn is next.
// Must never send more than the credits allow unless told to, and never send a frame twice.
import { ProtocolError } from './errors.js';

export interface OutgoingFrame {
  readonly image: Uint8Array;
  readonly ts?: number | undefined;
  readonly seq?: number | undefined;
}
interface Unanswered<Result> {
  resolve(result: Result): void;
  reject(error: Error): void;
}
interface Waiter {
  /** Called when a credit is free and nobody came before. */
  take(): void;
  reject(error: Error): void;
}

export class FrameWindow<Result> {
  readonly #transmit: (frame: OutgoingFrame, seq: number) => void;
  /** By `seq`, in the order sent. */
  readonly #unanswered = new Map<number, Unanswered<Result>>();
  readonly #waiters: Waiter[] = [];
  #credits = 0;
  #lastSeq = -1;
  #end: Error | undefined;

  constructor(transmit: (frame: OutgoingFrame, seq: number) => void) {
    this.#transmit = transmit;
  }

  get credits(): number {
    return this.#credits;
  }
  get unanswered(): number {
    return this.#unanswered.size;
  }
  /** Whether a frame sent now would go out at once. */
  get hasCredit(): boolean {
    return this.#waiters.length === 0 && this.#unanswered.size < this.#credits;
  }

  /** The service takes frames from now on, `credits` of them unanswered at once. */
  open(credits: number): void {
    this.#credits = credits;
    this.#serve();
  }

  /** Sends when a credit is free, after those that came before; `signal` ends the wait, not what is already sent. */
  send(frame: OutgoingFrame, signal?: AbortSignal): Promise<Result> {
    return this.#inTurn(() => this.sendNow(frame), signal);
  }

  /** Resolves when a frame sent now would go out at once. */
  ready(signal?: AbortSignal): Promise<void> {
    return this.#inTurn(() => Promise.resolve(), signal);
  }

  /** Sends at once, credit or not; rejects with a RangeError when `seq` does not increase. */
  sendNow(frame: OutgoingFrame): Promise<Result> {
    if (this.#end) return Promise.reject(this.#end);
    const seq = frame.seq ?? this.#lastSeq + 1;
    if (!Number.isSafeInteger(seq) || seq <= this.#lastSeq) {
      return Promise.reject(new RangeError(`seq must be an integer over ${this.#lastSeq}, not ${seq}`));
    }
    this.#lastSeq = seq;
    const answer = new Promise<Result>((resolve, reject) => this.#unanswered.set(seq, { resolve, reject }));
    this.#transmit(frame, seq);
    return answer;
  }

  /** The result of a frame has come. Results come in order, so frames before it that have none will never get one. */
  answer(seq: number, result: Result): void {
    for (const [earlier, frame] of this.#unanswered) {
      if (earlier >= seq) break;
      this.#unanswered.delete(earlier);
      frame.reject(new ProtocolError(`the service answered frame ${seq} but never frame ${earlier}`));
    }
    const frame = this.#unanswered.get(seq);
    this.#unanswered.delete(seq);
    frame?.resolve(result);
    this.#serve();
  }

  /** The service refused a frame without counting it. Returns false when no such frame is unanswered. */
  refuse(seq: number, error: Error): boolean {
    const frame = this.#unanswered.get(seq);
    this.#unanswered.delete(seq);
    frame?.reject(error);
    this.#serve();
    return frame !== undefined;
  }

  /** The connection broke: what was sent is lost (its `seq`s are returned), who waits goes on waiting. */
  interrupt(error: Error): number[] {
    this.#credits = 0;
    const lost = [...this.#unanswered];
    this.#unanswered.clear();
    for (const [, frame] of lost) frame.reject(error);
    return lost.map(([seq]) => seq);
  }

  /** Nobody may send any more; frames in hand may still be answered. */
  finish(error: Error): void {
    this.#end ??= error;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }

  #inTurn<T>(use: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    if (this.#end) return Promise.reject(this.#end);
    if (this.hasCredit) return use();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(signal?.reason as Error);
        this.#serve();
      };
      const waiter: Waiter = {
        take: () => {
          signal?.removeEventListener('abort', leave);
          resolve(use());
        },
        reject: (error) => {
          signal?.removeEventListener('abort', leave);
          reject(error);
        },
      };
      this.#waiters.push(waiter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  #serve(): void {
    while (this.#unanswered.size < this.#credits) {
      const next = this.#waiters.shift();
      if (!next) return;
      next.take();
    }
  }
}
