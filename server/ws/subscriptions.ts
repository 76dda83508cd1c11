// What one connection follows: results of streams that others feed, as they come, and events, each once and in order
// however slow the client reads. One reader of the log serves all that was asked for, and goes back where older events are.
import type { EventFollower, EventLog } from '../../pipeline/events/event-log.js';
import type { KeptEvent } from '../../protocol/events.js';
import type { ResultMessage, SendChoice } from '../../protocol/messages.js';
import type { StreamFeed } from '../stream-feed.js';
import { ALL, FollowedStreams, StreamSet } from './followed-streams.js';
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
  /** Events could not be read: nothing is told any more. */
  readonly onError: (error: unknown) => void;
}

/** Results are left out, and events wait in their log, while more than this waits for the client. */
const ENOUGH_UNSENT_BYTES = 256 * 1024;
/** The log's index of each stream is read for so many; for more, every event is looked at. */
const MAX_INDEXED = 16;

export class Subscriptions {
  readonly #context: SubscriptionsContext;
  readonly #results = new StreamSet();
  readonly #followed = new FollowedStreams();
  /** All that is wanted up to this event has been told. */
  #told = '';
  /** Something was told since it last went back. */
  #hasTold = false;
  #follower: EventFollower | null = null;
  #isTelling = false;
  #stopListening: (() => void) | null = null;

  constructor(context: SubscriptionsContext) {
    this.#context = context;
  }

  /**
   * @returns the id of the event after which those that it tells come; absent where only results are wanted
   * @throws OnlookerError DRAINING, LIMIT_REACHED
   */
  add({ streams, send, since }: Wanted): string | undefined {
    if (send === 'frames') {
      this.#listenTo(streams);
      return undefined;
    }
    const after = this.#context.events.placeAfter(since);
    this.#goBackTo(after);
    this.#followed.add(streams, after);
    if (send === 'both') this.#listenTo(streams);
    this.#follow();
    return after;
  }

  /** The events of a stream that this connection feeds, from now on. @throws OnlookerError DRAINING */
  addOwn(stream: string): void {
    const after = this.#context.events.placeAfter();
    this.#goBackTo(after);
    if (this.#followed.addOwn(stream, after)) this.#follow();
  }

  /** It is closed: what was told of it so far is still to come, then no more, unless somebody asked for it. */
  endOwn(stream: string): void {
    this.#followed.endOwn(stream, this.#context.events.lastId);
    this.#passed();
  }

  /** @throws OnlookerError LIMIT_REACHED */
  remove(streams: readonly string[]): void {
    this.#results.remove(streams);
    if (this.#results.isEmpty) this.#listenNoMore();
    this.#followed.remove(streams);
    if (this.#followed.isEmpty) this.#followNoMore();
  }

  close(): void {
    this.remove([ALL]);
  }

  #listenTo(streams: readonly string[]): void {
    this.#results.add(streams);
    this.#stopListening ??= this.#context.feed.listen((result) => this.#pass(result));
  }

  #listenNoMore(): void {
    this.#stopListening?.();
    this.#stopListening = null;
  }

  #pass(result: ResultMessage): void {
    const { outbox, isOwn, sees } = this.#context;
    if (isOwn(result.stream) || !sees(result.stream) || !this.#results.has(result.stream)) return;
    if (outbox.unsentBytes < ENOUGH_UNSENT_BYTES) outbox.send(result);
  }

  /** What is followed already has had everything up to here, and must not have it again. */
  #goBackTo(place: string): void {
    if (this.#followed.isEmpty) this.#told = place;
    if (place >= this.#told) return;
    if (this.#hasTold) this.#followed.skipTo(this.#told);
    this.#hasTold = false;
    this.#told = place;
    this.#followNoMore();
  }

  /** Begins to read, or begins anew where the reader looks at some streams alone. */
  #follow(): void {
    if (this.#follower?.isOfAll === false) this.#followNoMore();
    if (this.#isTelling) return;
    void this.#tell().catch(this.#context.onError);
  }

  #followNoMore(): void {
    this.#follower?.close();
    this.#follower = null;
  }

  async #tell(): Promise<void> {
    this.#isTelling = true;
    try {
      while (!this.#followed.isEmpty) {
        const follower = (this.#follower ??= this.#reader());
        const events = await follower.next();
        // It may have been closed and others followed meanwhile: their reader begins where this one has told all.
        if (events === null && this.#follower === follower) return;
        for (const event of events ?? []) {
          if (this.#context.outbox.unsentBytes >= ENOUGH_UNSENT_BYTES) await this.#context.outbox.flushed();
          if (this.#follower !== follower) break;
          this.#send(event);
        }
      }
    } finally {
      // In one step with the end of the loop: whoever asks from now on begins another.
      this.#followNoMore();
      this.#isTelling = false;
    }
  }

  #reader(): EventFollower {
    const names = this.#followed.names();
    const streams = names === ALL || names.length > MAX_INDEXED ? ALL : names;
    return this.#context.events.follow({ streams, since: this.#told });
  }

  #send(event: KeptEvent): void {
    const { outbox, sees } = this.#context;
    const after = this.#followed.after(event.stream);
    if (after !== undefined && event.id > after && sees(event.stream)) outbox.send({ t: 'event', ...event });
    this.#told = event.id;
    this.#hasTold = true;
    this.#passed();
  }

  /** Lets go of own streams that are over. What the reader passed without a word is of streams that nobody follows. */
  #passed(): void {
    this.#followed.passed(this.#told);
    if (this.#followed.isEmpty) this.#followNoMore();
  }
}
