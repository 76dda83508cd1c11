// What one connection follows: results of streams that others feed, as they come, and events, each once and in order
// however slow the client reads. Of two subscriptions to one stream the later one counts.
import type { EventFollower, EventLog } from '../../pipeline/events/event-log.js';
import type { KeptEvent } from '../../protocol/events.js';
import type { ResultMessage, SendChoice } from '../../protocol/messages.js';
import type { StreamFeed } from '../stream-feed.js';
import type { Outbox } from './outbox.js';

export interface Wanted {
  /** Ids, or `*` alone or among them for all. */
  readonly streams: readonly string[];
  readonly send: SendChoice;
  /** Kept events after this one come first. */
  readonly since?: string | undefined;
}
interface SubscriptionsContext {
  readonly events: EventLog;
  readonly feed: StreamFeed;
  readonly outbox: Outbox;
  /** Whether this connection feeds the stream itself, and so has its results already. */
  readonly isOwn: (stream: string) => boolean;
  /** Whether this connection may see the stream at all. */
  readonly sees: (stream: string) => boolean;
  readonly onError: (error: unknown) => void;
}

const ALL = '*';
/** Results are left out, and events wait in their log, while more than this waits for the client. */
const ENOUGH_UNSENT_BYTES = 256 * 1024;

/** A set of streams, or all but some. */
class StreamSet {
  #all: boolean;
  readonly #named: Set<string>;

  constructor(streams: readonly string[]) {
    this.#all = streams.includes(ALL);
    this.#named = new Set(this.#all ? [] : streams);
  }

  get isEmpty(): boolean {
    return !this.#all && this.#named.size === 0;
  }
  get names(): readonly string[] | typeof ALL {
    return this.#all ? ALL : [...this.#named];
  }

  has(stream: string): boolean {
    return this.#all !== this.#named.has(stream);
  }

  remove(streams: readonly string[]): void {
    if (streams.includes(ALL)) {
      this.#all = false;
      this.#named.clear();
    } else if (this.#all) for (const stream of streams) this.#named.add(stream);
    else for (const stream of streams) this.#named.delete(stream);
  }
}

export class Subscriptions {
  readonly #context: SubscriptionsContext;
  #results: StreamSet[] = [];
  #events: { readonly streams: StreamSet; readonly follower: EventFollower }[] = [];
  #stopListening: (() => void) | null = null;

  constructor(context: SubscriptionsContext) {
    this.#context = context;
  }

  /** @returns the id of the event after which those that it tells come; absent where only results are wanted @throws OnlookerError DRAINING */
  add({ streams, send, since }: Wanted): string | undefined {
    const wanted = new StreamSet(streams);
    const follower =
      send === 'frames'
        ? null
        : this.#context.events.follow({ streams: wanted.names, ...(since === undefined ? {} : { since }) });
    this.remove(streams, send);
    if (send !== 'events') {
      this.#results.push(new StreamSet(streams));
      this.#stopListening ??= this.#context.feed.listen((result) => this.#pass(result));
    }
    if (follower === null) return undefined;
    const from = follower.since;
    const subscription = { streams: wanted, follower };
    this.#events.push(subscription);
    void this.#tell(subscription).catch(this.#context.onError);
    return from;
  }

  /** @param send which of the two is to end */
  remove(streams: readonly string[], send: SendChoice = 'both'): void {
    if (send !== 'events') {
      for (const set of this.#results) set.remove(streams);
      this.#results = this.#results.filter((set) => !set.isEmpty);
    }
    if (send !== 'frames') {
      for (const subscription of this.#events) subscription.streams.remove(streams);
      for (const { streams: left, follower } of this.#events) if (left.isEmpty) follower.close();
      this.#events = this.#events.filter((subscription) => !subscription.streams.isEmpty);
    }
    if (this.#results.length === 0) this.#listenNoMore();
  }

  close(): void {
    this.remove([ALL]);
  }

  #listenNoMore(): void {
    this.#stopListening?.();
    this.#stopListening = null;
  }

  #pass(result: ResultMessage): void {
    const { outbox, isOwn, sees } = this.#context;
    if (isOwn(result.stream) || !sees(result.stream) || !this.#results.some((set) => set.has(result.stream))) return;
    if (outbox.unsentBytes < ENOUGH_UNSENT_BYTES) outbox.send(result);
  }

  async #tell({ streams, follower }: { readonly streams: StreamSet; readonly follower: EventFollower }): Promise<void> {
    const { outbox, sees } = this.#context;
    for await (const batch of follower) {
      for (const event of batch) {
        if (!streams.has(event.stream) || !sees(event.stream)) continue;
        if (outbox.unsentBytes >= ENOUGH_UNSENT_BYTES) await outbox.flushed();
        outbox.send(eventMessage(event));
      }
    }
  }
}

function eventMessage(event: KeptEvent): { readonly t: 'event' } & KeptEvent {
  return { t: 'event', ...event };
}
