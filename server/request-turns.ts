// Requests and handshakes in small helpings: what many clients ask for at once is begun a little in each turn of the event loop, so that
// everybody else has theirs in between. Those that wait are begun in the order in which they came. While one waits uWebSockets.js cuts its
// connection if the next request has come behind it, so the first ones of a turn never wait: a few that are sent together are answered.

export interface RequestTurnsOptions {
  /** Of one turn of the loop, that requests may take. One that has begun is never broken off. */
  readonly sliceMs: number;
  readonly nowMs?: () => number;
}

const SLICE_MS = 2;
/** So many begin at once, whatever the time and whoever waits. */
const LEAST_REQUESTS = 32;
/** Places of those that have begun are let go in one piece. */
const MOST_BEGUN_KEPT = 1024;

export class RequestTurns {
  readonly #sliceMs: number;
  readonly #nowMs: () => number;
  #waiting: (() => void)[] = [];
  #next = 0;
  /** When the first of the present turn began; null where none has. */
  #startMs: number | null = null;
  /** Begun in the present turn as they came. */
  #begun = 0;

  constructor({ sliceMs, nowMs = () => performance.now() }: RequestTurnsOptions = { sliceMs: SLICE_MS }) {
    this.#sliceMs = sliceMs;
    this.#nowMs = nowMs;
  }

  /** To be asked when a request comes. @returns null where it may begin at once, or else what to wait for */
  wait(): Promise<void> | null {
    if (this.#startMs === null) {
      this.#startMs = this.#nowMs();
      setImmediate(() => this.#turn());
    }
    if (this.#begun < LEAST_REQUESTS || (this.#waiting.length === 0 && !this.#isOver(this.#startMs))) {
      this.#begun += 1;
      return null;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #turn(): void {
    this.#startMs = null;
    this.#begun = 0;
    if (this.#waiting.length > 0) this.#begin((this.#startMs = this.#nowMs()));
  }

  #begin(startMs: number): void {
    this.#waiting[this.#next++]?.();
    if (this.#next === this.#waiting.length || this.#next === MOST_BEGUN_KEPT) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    // Only when all that this one does at once is done is it known what it took.
    queueMicrotask(() => process.nextTick(() => this.#goOn(startMs)));
  }

  #goOn(startMs: number): void {
    if (this.#waiting.length > 0 && !this.#isOver(startMs)) this.#begin(startMs);
    else setImmediate(() => this.#turn());
  }

  #isOver(startMs: number): boolean {
    return this.#nowMs() - startMs >= this.#sliceMs;
  }
}
