// The events that the view shows: kept ones page by page from the newest back, and what happens now, each once. What is
// heard twice, over HTTP and from the feed or after a reconnect, is one by its id. Bounded; the oldest go first.
import { computed, effect, signal } from '@preact/signals';
import type { KeptEvent } from '../../../protocol/events.js';
import { ServerError } from '../../errors.js';
import { feedState, onEvent } from '../app/event-feed.js';
import { failureText } from '../app/failure-text.js';
import { http } from '../app/service.js';
import { keepSeen } from './stream-choices.js';
import { isTrackEvent, timelineOf } from './visits.js';

export interface TimelineFilter {
  readonly stream?: string;
  /** Id of a person. */
  readonly person?: string;
}

const PAGE = 200;
/** What a page holds in memory; older events are asked for again. */
const MOST_EVENTS = 4_000;

export class Timeline {
  /** `failed` says why. */
  readonly state = signal<'loading' | 'ready' | 'failed'>('loading');
  readonly failure = signal('');
  /** Whether the service keeps older ones. */
  readonly hasOlder = signal(false);
  /** Keys of what came while the view was open. */
  readonly fresh = new Set<string>();
  readonly items = computed(() => timelineOf([...this.#events.value.values()].sort(byId), this.#forgotten.value));
  readonly #events = signal<ReadonlyMap<string, KeptEvent>>(new Map());
  /** Tracks that the service was asked for and does not know. */
  readonly #forgotten = signal<ReadonlySet<string>>(new Set());
  readonly #filter: TimelineFilter;
  readonly #stopListening: () => void;
  readonly #stopWatching: () => void;
  #before: string | undefined;
  #isClosed = false;

  constructor(filter: TimelineFilter) {
    this.#filter = filter;
    // Listening begins before the kept ones are asked for, so that nothing lies between.
    this.#stopListening = onEvent((event) => this.#onEvent(event));
    // After a break it may be another one that answers.
    this.#stopWatching = effect(() => {
      if (feedState.value === 'live') void this.#askAboutOpen();
    });
    void this.loadOlder();
  }

  /** Unix ms of the oldest event that is here. */
  get oldestMs(): number {
    return Math.min(Infinity, ...[...this.#events.value.values()].map(({ ts }) => ts));
  }

  async loadOlder(): Promise<void> {
    this.state.value = 'loading';
    try {
      const before = this.#before === undefined ? {} : { before: this.#before };
      const page = await http.events.list({ ...this.#filter, ...before, limit: PAGE });
      if (this.#isClosed) return;
      this.#before = page.previous;
      this.hasOlder.value = page.previous !== undefined;
      this.#keep(page.events);
      this.state.value = 'ready';
      void this.#askAboutOpen();
    } catch (error) {
      this.failure.value = failureText(error);
      this.state.value = 'failed';
    }
  }

  /** The service does not know this track any more. */
  forget(track: string): void {
    this.#forgotten.value = new Set([...this.#forgotten.peek(), track]);
  }

  close(): void {
    this.#isClosed = true;
    this.#stopWatching();
    this.#stopListening();
  }

  /** Of visits whose end nobody told: a service that was killed meanwhile does not know them. One after the other. */
  async #askAboutOpen(): Promise<void> {
    for (const item of this.items.peek()) {
      // Of objects nothing is remembered that could be asked for.
      if (item.is !== 'visit' || item.hasLeft || item.last.label !== undefined) continue;
      try {
        await http.tracks.get(item.key);
      } catch (error) {
        if (error instanceof ServerError && error.code === 'NOT_FOUND') this.forget(item.key);
      }
      if (this.#isClosed) return;
    }
  }

  #onEvent(event: KeptEvent): void {
    keepSeen([event.stream]);
    const { stream, person } = this.#filter;
    if (stream !== undefined && event.stream !== stream) return;
    if (person !== undefined && !(isTrackEvent(event) && event.person?.id === person)) return;
    const key = isTrackEvent(event) ? event.track : event.id;
    if (!this.items.value.some((item) => item.key === key)) this.fresh.add(key);
    this.#keep([event]);
  }

  #keep(events: readonly KeptEvent[]): void {
    keepSeen(events.map(({ stream }) => stream));
    const all = new Map(this.#events.value);
    for (const event of events) all.set(event.id, event);
    if (all.size > MOST_EVENTS) {
      const ids = [...all.keys()].sort();
      const tooMany = ids.length - MOST_EVENTS;
      for (const id of ids.slice(0, tooMany)) all.delete(id);
      this.#before = ids[tooMany];
      this.hasOlder.value = true;
    }
    this.#events.value = all;
  }
}

const byId = (one: KeptEvent, other: KeptEvent): number => (one.id < other.id ? -1 : 1);
