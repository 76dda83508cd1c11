// The events on disk: what is written, what goes because of its age or number, and what is taken out because its person
// was deleted. It tells nobody of anything, and nothing but ids and numbers may be logged here.
import { setImmediate } from 'node:timers/promises';
import type { EventPerson, KeptEvent } from '../../protocol/events.js';
import { PurgeTimer } from '../store/purge-timer.js';
import type { RecordStore } from '../store/record-store.js';
import { type Change, prefixEnd, type StoreKind, type StoreReader } from '../store/record-store.js';
import { schemaVersionOf } from '../store/sealed-record.js';
import { SerialQueue } from '../store/serial-queue.js';
import { CLOCK_SET_MS } from './unix-time.js';
import { openStore } from '../store/open-store.js';
import { EventReader, SLICE_EVENTS } from './event-reader.js';
import {
  additionOf,
  CLOCK_PREFIX,
  clockChanges,
  decodeClockMark,
  decodeMeta,
  EVENT_PREFIX,
  FORGET_PERSON_PREFIX,
  FORGET_TRACK_PREFIX,
  LOG_SCHEMA_VERSION,
} from './event-records.js';
import { type LogMeta, META_KEY, metaChange, NEW_LOG, orderChanges, PREFIXES } from './event-records.js';
import { ForgottenPeople } from './forgotten-people.js';
import { KeptTimes, type ClockMark } from './kept-times.js';
import { type CommitPlan, eventsOf, forgetInStore, type Orders, renameInStore } from './forgetting.js';
import { fromBase32 } from '../store/sortable-id.js';
import { TIME_DIGITS } from './event-id.js';
import { type Retention, staleEvents } from './retention.js';

export interface EventStoreOptions extends Partial<Retention> {
  /** A directory of the log's own; made when it is not there. */
  readonly dir: string;
  /** Unix ms. */
  readonly now?: () => number;
  /** How long after people were forgotten the store's file is written anew, once for many. */
  readonly purgeDelayMs?: number;
  readonly log?: { warn(details: object, message: string): void };
}
interface Content {
  readonly meta: LogMeta;
  readonly orders: Orders;
  readonly kept: number;
  readonly times: KeptTimes;
}

export const RETENTION_DEFAULTS: Retention = { maxDays: 7, maxEvents: 100_000 };
const PURGE_DELAY_MS = 5_000;
const PRUNE_EVERY_MS = 60_000;
const DAY_MS = 86_400_000;
const LEAP_MS = 366 * DAY_MS;
const LEAP_BELIEVED_MS = 10 * 60_000;
const NOTHING_STALE = { changes: [], removed: 0 };
const EVENT_STORE: StoreKind = {
  file: 'events',
  name: 'event log',
  whenDamaged: 'move its events.mdb away and start again; the events in it are lost, nothing else is.',
};

export class EventStore {
  readonly reader: EventReader;
  /** Whose traces are taken out of whatever is written or read. */
  readonly forgotten = new ForgottenPeople();
  /** Told what was taken out of the store, when it was. */
  onForgotten: (gone: ForgottenPeople) => void = () => undefined;
  /** Commits, one after the other. */
  readonly #writes = new SerialQueue();
  /** Work on the whole store. May wait for `#writes`, never the other way round. */
  readonly #maintenance = new SerialQueue();
  /** Who may still be in the store. */
  readonly #peopleToForget: Set<string>;
  readonly #tracksToForget: Set<string>;
  readonly #retention: Retention;
  readonly #now: () => number;
  readonly #purgeTimer: PurgeTimer;
  readonly #pruneTimer: NodeJS.Timeout;
  #pruning: Promise<void> | undefined;
  #times: KeptTimes;
  /** Unix ms when the clock was last looked at, and until when (`performance.now()`) it is not believed. */
  #seenMs: number;
  #doubtedUntilMs = -Infinity;
  #meta: LogMeta;
  #kept: number;
  /** Whether events went that could not be read, so that nobody knows how many are left. */
  #isCountStale = false;
  #isClosing = false;

  private constructor(
    private readonly options: EventStoreOptions,
    private readonly store: RecordStore,
    { meta, orders, kept, times }: Content,
  ) {
    const { maxDays = RETENTION_DEFAULTS.maxDays, maxEvents = RETENTION_DEFAULTS.maxEvents } = options;
    this.#retention = { maxDays, maxEvents };
    this.#now = options.now ?? Date.now;
    this.#meta = meta;
    this.#times = times;
    this.#seenMs = meta.last_id === null ? this.#now() : fromBase32(meta.last_id.slice(0, TIME_DIGITS));
    this.#kept = kept;
    this.#peopleToForget = new Set(orders.people);
    this.#tracksToForget = new Set(orders.tracks);
    this.forgotten.add(orders.people, orders.tracks);
    this.reader = new EventReader(store, (event) => this.forgotten.strip(event), options.log);
    const purge = (): Promise<boolean> => this.#maintenance.run(() => this.#purge());
    this.#purgeTimer = new PurgeTimer(purge, options.purgeDelayMs ?? PURGE_DELAY_MS, options.log);
    // What the last process did not live to do.
    if (this.#hasOrders() || meta.purge_pending) this.#purgeTimer.start(0);
    this.#pruneTimer = setInterval(() => void this.prune(), PRUNE_EVERY_MS).unref();
    void this.prune();
  }

  /** @throws StoreOpenError with one line that tells what is wrong and what to do */
  static open(options: EventStoreOptions): Promise<EventStore> {
    return openStore(options.dir, EVENT_STORE, async (store) => new EventStore(options, store, await openContent(store)));
  }

  /** The last id that was ever kept. */
  get lastId(): string | null {
    return this.#meta.last_id;
  }

  /** How many events there are. */
  get kept(): number {
    return this.#kept;
  }

  /** Runs a job that calls `keep`, after all that were handed in before. */
  inTurn<T>(job: () => Promise<T>): Promise<T> {
    return this.#writes.run(job);
  }

  /** Adds events in one transaction, in which as many old ones go where there are too many. Within `inTurn` alone. */
  async keep(events: readonly KeptEvent[]): Promise<void> {
    // A track of somebody who is gone: what was kept of it before goes too.
    const tracks = events.flatMap((event) => this.forgotten.observe(event) ?? []);
    const batch = events.map((event) => this.forgotten.strip(event));
    const count = this.#kept + batch.length;
    const stale = count > this.#retention.maxEvents ? await this.#stale(count, batch.length + SLICE_EVENTS) : NOTHING_STALE;
    for (const track of tracks) this.#tracksToForget.add(track);
    const orders = orderChanges({ people: [], tracks }, false);
    const times = this.#timesUpTo(this.lastId, batch.at(-1)?.id ?? null);
    await this.#commit([...batch.flatMap(additionOf), ...stale.changes, ...orders, ...clockChanges(this.#times, times)], {
      last_id: batch.at(-1)?.id ?? this.lastId,
    });
    this.#kept = count - stale.removed;
    this.#times = times;
    if (tracks.length > 0) this.#startForgetting();
  }

  /** Lets go what is too old or too much, in small steps; done by itself every minute. */
  prune(): Promise<void> {
    this.#pruning ??= this.#pruneAll()
      .catch((error: unknown) => this.options.log?.warn({ err: error }, 'old events could not be removed yet'))
      .finally(() => (this.#pruning = undefined));
    return this.#pruning;
  }

  /** Orders people to be taken out. Resolves when that is sure to be done, also after a crash. */
  async forget(people: readonly string[]): Promise<void> {
    this.forgotten.add(people);
    for (const id of people) this.#peopleToForget.add(id);
    try {
      await this.#writes.run(() => this.#commit(orderChanges({ people, tracks: [] }, false)));
      // Whoever reads sees none of their pictures any more, also before these are gone from the store.
      for (const person of people) for await (const event of eventsOf(this.store, person)) this.forgotten.observe(event);
    } finally {
      this.#startForgetting();
    }
  }

  /** Lets every event name `kept` in the place of `from`. What a crash leaves undone is forgotten at the next start, as of one who was deleted. */
  async merge(from: string, kept: EventPerson): Promise<void> {
    this.forgotten.merge(from, kept);
    await this.#maintenance.run(() => renameInStore(this.store, from, this.forgotten, this.#commitPlan));
    this.#purgeTimer.start();
  }

  /** Lets those be named again who are known (again). @returns those whom events name and who are not known */
  reconcile(isKnown: (id: string) => boolean): Promise<string[]> {
    return this.#maintenance.run(async () => {
      this.forgotten.readmit(isKnown);
      return (await this.reader.people()).filter((id) => !isKnown(id));
    });
  }

  /** Waits for what is being written and purges what was forgotten. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#pruneTimer);
    await this.#pruning;
    await this.#purgeTimer.close();
    await this.#maintenance.idle();
    await this.#writes.idle();
    await this.store.close();
  }

  readonly #commitPlan: CommitPlan = (plan) =>
    this.#writes.run(async () => {
      const changes = await this.store.read(plan);
      if (changes.some(({ key, value }) => value === null && key.startsWith(EVENT_PREFIX))) this.#isCountStale = true;
      if (changes.length > 0) await this.#commit(changes, { purge_pending: true });
    });

  #stale(count: number, limit: number): Promise<ReturnType<typeof staleEvents>> {
    const nowMs = this.#now();
    const retention = this.#isDoubted(nowMs) ? { ...this.#retention, maxDays: Infinity } : this.#retention;
    return this.store.read((reader) => staleEvents(reader, retention, count, this.#times, nowMs, limit));
  }

  /** A clock that leapt by more than a year may be wrong, and what goes is gone: events are let go by age only once it has stayed so. */
  #isDoubted(nowMs: number): boolean {
    if (this.#seenMs >= CLOCK_SET_MS && nowMs - this.#seenMs > LEAP_MS)
      this.#doubtedUntilMs = performance.now() + LEAP_BELIEVED_MS;
    this.#seenMs = nowMs;
    return performance.now() < this.#doubtedUntilMs;
  }

  /** What is known of the times of events, with what the clock tells now. */
  #timesUpTo(...ids: readonly (string | null)[]): KeptTimes {
    const nowMs = this.#now();
    return ids.reduce((times, id) => times.noticed(nowMs, id, this.#retention.maxDays * DAY_MS), this.#times);
  }

  /** Marks are written before anything goes by them, and go with the last event that they are about. */
  async #keepMarks(): Promise<void> {
    const [oldest] = await this.store.read((reader) =>
      reader.keys({ start: EVENT_PREFIX, end: prefixEnd(EVENT_PREFIX), limit: 1 }),
    );
    const times = this.#timesUpTo(this.lastId).since(oldest?.slice(EVENT_PREFIX.length));
    const changes = clockChanges(this.#times, times);
    if (changes.length > 0) await this.#commit(changes);
    this.#times = times;
  }

  async #pruneAll(): Promise<void> {
    await this.#writes.run(() => this.#keepMarks());
    for (let isMore = true; isMore && !this.#isClosing; await setImmediate()) {
      isMore = await this.#writes.run(async () => {
        const { changes, removed } = await this.#stale(this.#kept, SLICE_EVENTS);
        if (removed === 0) return false;
        await this.#commit(changes);
        this.#kept -= removed;
        return removed === SLICE_EVENTS;
      });
    }
  }

  #hasOrders(): boolean {
    return this.#peopleToForget.size + this.#tracksToForget.size > 0;
  }

  /** A failure is told by the purge, which tries it again. */
  #startForgetting(): void {
    void this.#maintenance.run(() => this.#forgetAll()).catch(() => undefined);
    this.#purgeTimer.start();
  }

  async #forgetAll(): Promise<void> {
    if (!this.#hasOrders()) return;
    const orders = { people: [...this.#peopleToForget], tracks: [...this.#tracksToForget] };
    const gone = await forgetInStore(this.store, orders, this.forgotten, this.#commitPlan);
    await this.#writes.run(async () => {
      // Also when nothing was changed: events of theirs that were pruned may lie in the free pages.
      await this.#commit(orderChanges(orders, true), { purge_pending: true });
      // Only where events had to go, since they could not be read: counting a hundred thousand takes this thread some 10 ms.
      if (this.#isCountStale) this.#kept = await this.store.read(countEvents);
      this.#isCountStale = false;
    });
    for (const id of orders.people) this.#peopleToForget.delete(id);
    for (const track of orders.tracks) this.#tracksToForget.delete(track);
    this.onForgotten(gone);
  }

  /** Writes the store's file anew, without what was taken out. @returns whether it must be done again */
  async #purge(): Promise<boolean> {
    await this.#forgetAll();
    if (!this.#meta.purge_pending) return false;
    await this.store.replace({
      addedBytes: 0,
      fill: async (replacement) => {
        for (const prefix of PREFIXES) {
          for await (const chunk of this.store.chunks(prefix)) await replacement.write(chunk);
        }
      },
      alone: (job) =>
        this.#writes.run(async () => {
          await job();
          this.#meta = { ...this.#meta, purge_pending: false };
        }),
      // Whoever is forgotten meanwhile waits for this; what is pruned meanwhile is of nobody who is gone.
      settle: () => [metaChange({ ...this.#meta, purge_pending: false })],
    });
    return this.#hasOrders();
  }

  async #commit(changes: readonly Change[], patch: Partial<LogMeta> = {}): Promise<void> {
    const meta = { ...this.#meta, ...patch };
    await this.store.commit([...changes, metaChange(meta)]);
    this.#meta = meta;
  }
}

const countEvents = (reader: StoreReader): number => reader.countOf(EVENT_PREFIX);

/** @throws StoreOpenError, DamagedRecordError */
async function openContent(store: RecordStore): Promise<Content> {
  const record = store.get(META_KEY);
  if (record === undefined) {
    if (store.count > 0) throw store.damaged('its meta record is missing');
    await store.commit([metaChange(NEW_LOG)]);
    return { meta: NEW_LOG, orders: { people: [], tracks: [] }, kept: 0, times: new KeptTimes([]) };
  }
  const schema = schemaVersionOf(record);
  if (schema > LOG_SCHEMA_VERSION) throw store.newer(schema, LOG_SCHEMA_VERSION);
  const orders = {
    people: await namesUnder(store, FORGET_PERSON_PREFIX),
    tracks: await namesUnder(store, FORGET_TRACK_PREFIX),
  };
  const marks: ClockMark[] = [];
  for await (const chunk of store.chunks(CLOCK_PREFIX)) marks.push(...chunk.map(decodeClockMark));
  return { meta: decodeMeta(record), orders, kept: await store.read(countEvents), times: new KeptTimes(marks) };
}

async function namesUnder(store: RecordStore, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const chunk of store.chunks(prefix)) names.push(...chunk.map(({ key }) => key.slice(prefix.length)));
  return names;
}
