// Out of events, when somebody was there: from first to last sight of each track that was named as them. Pure.
import type { KeptEvent, TrackEvent } from '../../protocol/events.js';

/** A stretch of time in which a person was seen, Unix ms. */
export interface Visit {
  readonly person: string;
  /** As it was called in the event. */
  readonly name: string;
  readonly stream: string;
  readonly track: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Nothing was told yet of its end: as far as is known it goes on. */
  readonly isOpen: boolean;
}

interface Followed {
  readonly person: string;
  readonly name: string;
  readonly stream: string;
  readonly fromMs: number;
  toMs: number;
}

/** Tracks that never end are those of services that were killed: of so many the oldest are taken to be over. */
const MOST_OPEN = 10_000;

export class Visits {
  readonly #onVisit: (visit: Visit) => void;
  readonly #open = new Map<string, Followed>();

  /** @param onVisit told of each visit once it is over, or at the end */
  constructor(onVisit: (visit: Visit) => void) {
    this.#onVisit = onVisit;
  }

  /** The next event, in the order in which they were told. */
  add(event: KeptEvent): void {
    if (!('track' in event) || event.label !== undefined) return;
    const known = this.#open.get(event.track);
    const { person } = event;
    if (known !== undefined && known.person !== person?.id) {
      // Until then it was taken for them.
      this.#end(event.track, Math.max(known.fromMs, Math.min(event.ts, event.last_ts)), false);
    }
    if (person !== null && known?.person !== person.id) this.#begin(event, person, known === undefined);
    const now = this.#open.get(event.track);
    if (now !== undefined) now.toMs = Math.max(now.toMs, event.last_ts);
    if (event.kind === 'leave') this.#end(event.track, event.last_ts, false);
  }

  /** No more events. */
  end(): void {
    for (const [track, { toMs }] of [...this.#open]) this.#end(track, toMs, true);
  }

  /** Who is named for the first time was it from the beginning; who is named after somebody else is it from then on. */
  #begin(
    { track, stream, first_ts, last_ts, ts }: TrackEvent,
    person: NonNullable<TrackEvent['person']>,
    isFirst: boolean,
  ): void {
    const fromMs = isFirst ? first_ts : Math.min(ts, last_ts);
    this.#open.set(track, { person: person.id, name: person.name, stream, fromMs, toMs: last_ts });
    if (this.#open.size <= MOST_OPEN) return;
    const [oldest] = this.#open;
    if (oldest !== undefined) this.#end(oldest[0], oldest[1].toMs, false);
  }

  #end(track: string, toMs: number, isOpen: boolean): void {
    const followed = this.#open.get(track);
    this.#open.delete(track);
    if (followed === undefined) return;
    this.#onVisit({ ...followed, track, toMs: Math.max(followed.fromMs, toMs), isOpen });
  }
}
