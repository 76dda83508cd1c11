// The log of events: gives each its id, keeps it, and tells it to consumers in order. An event is told once it is kept,
// so whatever was told can be asked for again. It holds names and pictures: nothing but ids and numbers may be logged here.
import { OnlookerError } from '../../protocol/errors.js';
import type { EventPerson, KeptEvent, NewEvent } from '../../protocol/events.js';
import { EventFollower } from './event-follower.js';
import { eventIdAt, eventIds } from './event-id.js';
import { SLICE_EVENTS, type EventPage, type EventQuery } from './event-reader.js';
import { EventStore, type EventStoreOptions } from './event-store.js';
import { RecentEvents } from './recent-events.js';

export type { EventFollower, EventPage, EventQuery };
export type EventLogOptions = EventStoreOptions;

export interface FollowOptions {
  readonly streams: '*' | readonly string[];
  /** The last id that the consumer has: it gets everything that is kept after that, then what comes. */
  readonly since?: string;
}
export interface EventLogFigures {
  /** Events on disk. */
  readonly kept: number;
  /** Events that wait for the disk. */
  readonly pending: number;
  /** Events since the start that could not be kept and were told all the same. */
  readonly unkept: number;
}

/** A disk that hangs must not fill the memory. */
const MAX_PENDING = 4096;

export class EventLog {
  readonly #followers = new Set<EventFollower>();
  readonly #newId: () => string;
  readonly #recent: RecentEvents;
  readonly #pending: KeptEvent[] = [];
  /** A flush that has not begun: what is appended now goes with it. */
  #waitingFlush: Promise<void> | undefined;
  #lastFlush: Promise<void> = Promise.resolve();
  /** The last id that was given. */
  #lastId: string;
  #unkept = 0;
  #isKeeping = true;
  #closed: Promise<void> | undefined;

  private constructor(
    private readonly options: EventLogOptions,
    private readonly store: EventStore,
  ) {
    this.#newId = eventIds(options.now ?? Date.now, store.lastId);
    this.#lastId = store.lastId ?? eventIdAt(0);
    this.#recent = new RecentEvents(this.#lastId);
    store.onForgotten = (gone) => this.#recent.replace((event) => gone.strip(event));
  }

  /** @throws StoreOpenError with one line that tells what is wrong and what to do */
  static async open(options: EventLogOptions): Promise<EventLog> {
    return new EventLog(options, await EventStore.open(options));
  }

  get figures(): EventLogFigures {
    return { kept: this.store.kept, pending: this.#pending.length, unkept: this.#unkept };
  }

  /**
   * Takes events and gives them their ids, at once; they are kept and then told a few milliseconds later, many in one
   * write. Events that cannot be kept (a full disk) are told all the same. Thumbnails must not be written to any more.
   * @returns them with ids, which count once `flushed`
   * @throws OnlookerError OVERLOADED when thousands wait for the disk already, DRAINING when the log is closed
   */
  append(events: readonly NewEvent[]): readonly KeptEvent[] {
    this.#refuseWhenClosed();
    if (this.#pending.length + events.length > MAX_PENDING) {
      throw new OnlookerError('OVERLOADED', 'The disk is too slow to keep more events.');
    }
    const added = events.map((event): KeptEvent => ({ ...event, id: this.#newId() }));
    this.#lastId = added.at(-1)?.id ?? this.#lastId;
    this.#pending.push(...added);
    if (this.#waitingFlush === undefined) {
      this.#lastFlush = this.#waitingFlush = this.store.inTurn(() => this.#flush());
      // For those who do not ask; the failure is logged and counted.
      this.#lastFlush.catch(() => undefined);
    }
    return added.map((event) => this.store.forgotten.strip(event));
  }

  /** As `append`, for those who must go on whatever happens: what cannot be taken is lost, logged and counted as `unkept`. */
  offer(events: readonly NewEvent[]): void {
    try {
      this.append(events);
    } catch (error) {
      this.#unkept += events.length;
      this.options.log?.warn({ err: error, events: events.length }, 'events could not be taken');
    }
  }

  /** Resolves when all that was just appended is on disk. @throws what kept it from there */
  flushed(): Promise<void> {
    return this.#lastFlush;
  }

  /** A page of kept events, newest last. */
  async list(query: EventQuery): Promise<EventPage> {
    this.#refuseWhenClosed();
    return this.store.reader.list(query);
  }

  /** The last id that was given, whether it is told already or not. */
  get lastId(): string {
    return this.#lastId;
  }

  /** The id after which a consumer begins that asks for this one. @throws OnlookerError DRAINING */
  placeAfter(since?: string): string {
    this.#refuseWhenClosed();
    // An id from the future is none of this log's, and must not hide what comes.
    return since !== undefined && since <= this.#lastId ? since : this.#recent.tail;
  }

  /** What is kept after an id, and then what comes: each event once, in order. To be closed by who asked for it. */
  follow({ streams, since }: FollowOptions): EventFollower {
    const place = this.placeAfter(since);
    const wanted = streams === '*' ? streams : new Set(streams);
    const follower = new EventFollower(this.store.reader, this.#recent, wanted, place, () => this.#followers.delete(follower));
    this.#followers.add(follower);
    return follower;
  }

  /** Lets go what is too old or too much; done by itself every minute. */
  prune(): Promise<void> {
    return this.store.prune();
  }

  /**
   * Takes people who were deleted out of every event: their id and name, and the pictures of tracks that were theirs.
   * Resolves when that is sure to be done, also after a crash; soon after no byte of them is in the log's file.
   * Until the next start they are also taken out of what is appended.
   */
  async forgetPeople(people: readonly string[]): Promise<void> {
    this.#refuseWhenClosed();
    if (people.length === 0) return;
    const ordered = this.store.forget(people);
    this.#recent.replace((event) => this.store.forgotten.strip(event));
    await ordered;
    // By now their tracks are known, and so which pictures show them.
    this.#recent.replace((event) => this.store.forgotten.strip(event));
  }

  /** Lets every event, kept or to come, name `kept` in the place of `from`, who was merged into that one. */
  async mergePeople(from: string, kept: EventPerson): Promise<void> {
    this.#refuseWhenClosed();
    const merged = this.store.merge(from, kept);
    this.#recent.replace((event) => this.store.forgotten.strip(event));
    await merged;
  }

  /**
   * Forgets whoever is named in events and is not known any more: after a start and after an import into the gallery.
   * Who came back under the same id may be named again.
   */
  async reconcilePeople(isKnown: (id: string) => boolean): Promise<void> {
    this.#refuseWhenClosed();
    const gone = await this.store.reconcile(isKnown);
    if (this.#closed === undefined) await this.forgetPeople(gone);
  }

  /** Waits for what is being written, purges what was forgotten, ends the followers and lets go of the directory. */
  close(): Promise<void> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  /** Keeps and tells what is pending now; what comes meanwhile has a flush of its own. */
  async #flush(): Promise<void> {
    this.#waitingFlush = undefined;
    let failure: unknown;
    for (let left = this.#pending.length; left > 0;) {
      const batch = this.#pending.slice(0, Math.min(left, SLICE_EVENTS));
      try {
        await this.store.keep(batch);
        this.#isKeeping = true;
      } catch (error) {
        failure = error;
        this.#unkept += batch.length;
        if (this.#isKeeping) this.options.log?.warn({ err: error }, 'events cannot be kept; they are still told');
        this.#isKeeping = false;
      }
      left -= batch.length;
      this.#pending.splice(0, batch.length);
      this.#tell(batch);
    }
    if (failure !== undefined) throw failure as Error;
  }

  #tell(batch: readonly KeptEvent[]): void {
    const { forgotten } = this.store;
    const told = batch.map((event) => forgotten.strip(event));
    for (const event of batch) forgotten.release(event);
    this.#recent.push(told);
  }

  async #finish(): Promise<void> {
    await this.#lastFlush.catch(() => undefined);
    for (const follower of [...this.#followers]) follower.close();
    await this.store.close();
  }

  #refuseWhenClosed(): void {
    if (this.#closed !== undefined) throw new OnlookerError('DRAINING', 'The event log is closed.');
  }
}
