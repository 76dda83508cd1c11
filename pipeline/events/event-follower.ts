// One consumer's way through the events: from the store while it is behind, then from memory as they come. It holds a
// place (an id), never a queue, so a slow consumer costs nothing and nothing is told twice or left out.
import type { KeptEvent } from '../../protocol/events.js';
import type { EventReader, Streams } from './event-reader.js';
import type { RecentEvents } from './recent-events.js';

/** Events handed out at once. */
const PAGE_EVENTS = 64;

export class EventFollower implements AsyncIterable<readonly KeptEvent[]> {
  #cursor: string;
  #closed = false;
  #wake: (() => void) | undefined;

  /**
   * @param since the last id that the consumer has
   * @param onClose told once
   */
  constructor(
    private readonly reader: EventReader,
    private readonly recent: RecentEvents,
    private readonly streams: Streams,
    since: string,
    private readonly onClose: (follower: EventFollower) => void,
  ) {
    this.#cursor = since;
  }

  /** The id after which the next events come. */
  get since(): string {
    return this.#cursor;
  }

  /** Whether it looks at every stream. */
  get isOfAll(): boolean {
    return this.streams === '*';
  }

  /**
   * The next events in order, at least one; waits for them. Not to be called again before it has resolved.
   * @returns null when the follower or the log is closed
   */
  async next(): Promise<readonly KeptEvent[] | null> {
    try {
      while (!this.#closed) {
        const events = await this.#some();
        if (events.length > 0 && !this.#isOver()) return events;
      }
    } catch (error) {
      // The store may have been closed under it.
      if (!this.#isOver()) throw error;
    }
    return null;
  }

  /** Also while `next` waits, which then gives null. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake?.();
    this.onClose(this);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly KeptEvent[]> {
    try {
      for (let events = await this.next(); events !== null; events = await this.next()) yield events;
    } finally {
      this.close();
    }
  }

  async #some(): Promise<readonly KeptEvent[]> {
    const recent = this.recent.after(this.#cursor, PAGE_EVENTS);
    if (recent === undefined) {
      const { events, cursor } = await this.reader.next(this.streams, this.#cursor, this.recent.floor);
      this.#cursor = cursor;
      return events;
    }
    const last = recent.at(-1);
    if (last === undefined) {
      await this.#news();
      return [];
    }
    this.#cursor = last.id;
    return recent.filter(({ stream }) => this.streams === '*' || this.streams.has(stream));
  }

  async #news(): Promise<void> {
    await new Promise<void>((resolve) => {
      const forget = this.recent.onNext(resolve);
      this.#wake = () => {
        forget();
        resolve();
      };
    });
    this.#wake = undefined;
  }

  /** Asked after waiting, since it may have been closed meanwhile. */
  #isOver(): boolean {
    return this.#closed;
  }
}
