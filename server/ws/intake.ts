// The way in of one connection: small messages are handled at once while its budget of the main thread's time lasts, wait for
// their turn beyond it, and are refused when too many wait. The socket cannot be paused, so that whoever still sends is cut off.
import type { UnfinishedShare } from '../memory/unfinished-bytes.js';
import type { IntakeTurns } from './intake-turns.js';
import { WorkBudget } from './work-budget.js';

export interface IntakePeer {
  handle(message: ArrayBuffer, isBinary: boolean, receivedAtMs: number): void;
  /** So many messages were refused since that was told last; told at once, and then once in a while until all were told. */
  rateLimited(retryAfterMs: number, messages: number): void;
  /** It does not stop: the connection is to be closed. */
  abused(): void;
  /** Runs what sends many messages so that they leave together. */
  batch(act: () => void): void;
}

interface Waiting {
  readonly message: ArrayBuffer;
  readonly isBinary: boolean;
  readonly receivedAtMs: number;
}
/** In the place of one that was handled, so that its bytes are let go. */
const DONE: Waiting = { message: new ArrayBuffer(0), isBinary: false, receivedAtMs: 0 };

/** A longer message pays for itself: so many bytes take longer to come than to be handled. It never waits behind nothing. */
const SMALL_BYTES = 16 * 1024;
/** Of the main thread's time, one connection's small messages. */
const SHARE = 0.25;
const BURST_MS = 5;
const MAX_WAITING_MESSAGES = 8192;
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** Handled in one go at least: that many take a few milliseconds. */
const LEAST_MESSAGES = 128;
const LEAST_BYTES = 8 * 1024;
/** One turn of the event loop reads a socket for as long as it finds it full: whoever keeps it full holds all others up. */
const MAX_TURN_MESSAGES = 16_384;
const MAX_TURN_BYTES = 32 * 1024 * 1024;
/** How often refusals are told, and when the client may try again. */
const WINDOW_MS = 1000;
/** Windows in a row with refusals, after which the connection is closed. */
const MAX_WINDOWS = 30;

export class Intake {
  readonly #turns: IntakeTurns;
  readonly #peer: IntakePeer;
  readonly #held: UnfinishedShare;
  readonly #budget = new WorkBudget(SHARE, BURST_MS);
  #waiting: Waiting[] = [];
  /** Of `#waiting`, those before it are done. */
  #next = 0;
  #turn = 0;
  #turnMessages = 0;
  #turnBytes = 0;
  /** Not told yet. */
  #refused = 0;
  #windows = 0;
  /** Runs while refusals are told from time to time. */
  #window: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(turns: IntakeTurns, held: UnfinishedShare, peer: IntakePeer) {
    this.#turns = turns;
    this.#held = held;
    this.#peer = peer;
  }

  /** @param message valid during this call alone */
  receive(message: ArrayBuffer, isBinary: boolean): void {
    if (this.#isClosed || this.#isTooMuch(message.byteLength)) return;
    const nowMs = performance.now();
    const isLarge = message.byteLength > SMALL_BYTES;
    if (this.#count === 0 && (isLarge || (this.#budget.hasLeft(nowMs) && this.#turns.budget.hasLeft(nowMs)))) {
      this.#handle({ message, isBinary, receivedAtMs: nowMs });
    } else if (this.#hasRoom(message.byteLength)) {
      this.#waiting.push({ message: message.slice(0), isBinary, receivedAtMs: nowMs });
      this.#turns.join(this);
    } else this.#refuse();
  }

  /** Handles those that wait until the time is over, and a few whatever the time: a busy machine's clock runs while nothing is done. */
  work(untilMs: number): boolean {
    let messages = 0;
    let bytes = 0;
    this.#peer.batch(() => {
      for (let next = this.#waiting[this.#next]; next !== undefined; next = this.#waiting[this.#next]) {
        this.#waiting[this.#next++] = DONE;
        this.#held.shrink(next.message.byteLength);
        this.#handle(next);
        messages += 1;
        bytes += next.message.byteLength;
        const isFew = messages < LEAST_MESSAGES && bytes < LEAST_BYTES;
        if (!isFew && performance.now() >= untilMs) break;
      }
    });
    if (this.#count === 0) {
      this.#forgetWaiting();
      return false;
    }
    if (this.#next > MAX_WAITING_MESSAGES) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    return true;
  }

  /** The socket is closed: nothing more is handled. */
  close(): void {
    this.#isClosed = true;
    if (this.#window !== null) clearTimeout(this.#window);
    if (this.#refused > 0) this.#peer.rateLimited(WINDOW_MS, this.#refused);
    this.#refused = 0;
    this.#forgetWaiting();
    this.#turns.leave(this);
  }

  get #count(): number {
    return this.#waiting.length - this.#next;
  }

  #handle({ message, isBinary, receivedAtMs }: Waiting): void {
    const startMs = performance.now();
    this.#peer.handle(message, isBinary, receivedAtMs);
    const ms = performance.now() - startMs;
    this.#budget.use(ms);
    this.#turns.budget.use(ms);
  }

  #hasRoom(bytes: number): boolean {
    // A large one that comes behind small ones has room too.
    if (this.#count >= MAX_WAITING_MESSAGES || this.#held.bytes > MAX_WAITING_BYTES) return false;
    return this.#held.grow(bytes);
  }

  /** Whether it has sent more than one turn of the loop has room for; it is closed then. */
  #isTooMuch(bytes: number): boolean {
    const turn = this.#turns.current();
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#turnMessages = 0;
      this.#turnBytes = 0;
    }
    this.#turnMessages += 1;
    this.#turnBytes += bytes;
    if (this.#turnMessages <= MAX_TURN_MESSAGES && this.#turnBytes <= MAX_TURN_BYTES) return false;
    this.#peer.abused();
    return true;
  }

  #refuse(): void {
    this.#refused += 1;
    if (this.#window === null) this.#tellRefused();
  }

  #tellRefused(): void {
    const refused = this.#refused;
    this.#refused = 0;
    this.#window = null;
    if (refused === 0) {
      this.#windows = 0;
      return;
    }
    this.#windows += 1;
    this.#window = setTimeout(() => this.#tellRefused(), WINDOW_MS).unref();
    this.#peer.rateLimited(WINDOW_MS, refused);
    if (this.#windows > MAX_WINDOWS) this.#peer.abused();
  }

  #forgetWaiting(): void {
    this.#waiting = [];
    this.#next = 0;
    this.#held.release();
  }
}
