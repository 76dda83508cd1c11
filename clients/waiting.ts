// What waits for the reader of a subscription: every event up to a bound, in order, and of each stream the newest result.
// Must never grow with a slow reader.
import type { EventMessage, ResultMessage } from '../protocol/messages.js';

/** More streams than this with a result that waits: the one that waited longest goes. */
const MAX_RESULTS = 256;

export class Waiting {
  readonly #events: EventMessage[] = [];
  /** By stream, the one that waits longest first. */
  readonly #results = new Map<string, ResultMessage>();
  readonly #maxEvents: number;
  #superseded = 0;

  constructor(maxEvents: number) {
    this.#maxEvents = maxEvents;
  }

  /** Results that a newer one of their stream took the place of before they were read. */
  get superseded(): number {
    return this.#superseded;
  }
  get isFull(): boolean {
    return this.#events.length >= this.#maxEvents;
  }
  get isHalfEmpty(): boolean {
    return this.#events.length <= this.#maxEvents / 2;
  }

  addEvent(event: EventMessage): void {
    this.#events.push(event);
  }

  addResult(result: ResultMessage): void {
    const oldest = this.#results.has(result.stream)
      ? result.stream
      : this.#results.size >= MAX_RESULTS
        ? [...this.#results.keys()][0]
        : undefined;
    if (oldest !== undefined) {
      this.#superseded += 1;
      if (oldest !== result.stream) this.#results.delete(oldest);
    }
    this.#results.set(result.stream, result);
  }

  /** Events go first: results are of the moment, and another one comes. */
  take(): EventMessage | ResultMessage | undefined {
    const event = this.#events.shift();
    if (event !== undefined) return event;
    for (const [stream, result] of this.#results) {
      this.#results.delete(stream);
      return result;
    }
    return undefined;
  }
}
