// The newest events in memory, from which consumers that keep up are served, and the waiting for the next. A bounded
// number and size: a consumer that falls behind them reads the store. It touches no disk.
import type { KeptEvent } from '../../protocol/events.js';
import type { LoggableEvent } from './event-records.js';

const MAX_EVENTS = 256;
const MAX_THUMBNAIL_BYTES = 4 << 20;

const thumbnailBytes = ({ thumbnail }: LoggableEvent): number => thumbnail?.length ?? 0;

export class RecentEvents {
  /** In the order of their ids. */
  #events: KeptEvent[] = [];
  #bytes = 0;
  /** Every event after this id is in here. */
  #floor: string;
  #tail: string;
  readonly #waiting = new Set<() => void>();

  /** @param tail id of the last event before */
  constructor(tail: string) {
    this.#floor = tail;
    this.#tail = tail;
  }

  /** Id of the newest event that was told. */
  get tail(): string {
    return this.#tail;
  }

  /** Events up to this id are in the store alone. */
  get floor(): string {
    return this.#floor;
  }

  /** Tells events, whose ids come after all before, to whoever waits. */
  push(events: readonly KeptEvent[]): void {
    for (const event of events) {
      this.#events.push(event);
      this.#bytes += thumbnailBytes(event);
      this.#tail = event.id;
    }
    while (this.#events.length > MAX_EVENTS || this.#bytes > MAX_THUMBNAIL_BYTES) {
      const oldest = this.#events.shift();
      if (oldest === undefined) break;
      this.#bytes -= thumbnailBytes(oldest);
      this.#floor = oldest.id;
    }
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  /** The next events after an id; undefined when some of them may be in the store alone. */
  after(id: string, limit: number): readonly KeptEvent[] | undefined {
    if (id < this.#floor) return undefined;
    // From the end: who keeps up wants the last few.
    let start = this.#events.length;
    while (start > 0 && (this.#events[start - 1]?.id ?? '') > id) start--;
    return this.#events.slice(start, start + limit);
  }

  /** Puts others in the place of the events, with the same ids. */
  replace(replacement: (event: KeptEvent) => KeptEvent): void {
    this.#events = this.#events.map(replacement);
    this.#bytes = this.#events.reduce((bytes, event) => bytes + thumbnailBytes(event), 0);
  }

  /** Calls back once, at the next `push`. @returns takes it back */
  onNext(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }
}
