// Who must not appear in events any more, and what that takes out of one: the person, and the pictures of every track
// that was theirs; and who is another by now, since two people turned out to be one. It knows events, not the store. It forgets by restarting: then the gallery names nobody who is gone.
import type { EventPerson } from '../../protocol/events.js';
import type { LoggableEvent } from './event-records.js';

/** Tracks are told apart by their stream and id: `stream:track`. */
export function trackKey({ stream, track }: LoggableEvent): string | undefined {
  return track === undefined ? undefined : `${stream}:${track}`;
}

export class ForgottenPeople {
  readonly #people = new Set<string>();
  /** Tracks that were theirs: pictures of these show them. */
  readonly #tracks = new Set<string>();
  /** Who takes the place of whom. */
  readonly #merged = new Map<string, EventPerson>();

  add(people: Iterable<string>, tracks: Iterable<string> = []): void {
    for (const id of people) this.#people.add(id);
    for (const track of tracks) this.#tracks.add(track);
  }

  /** From now on events name `kept` in the place of `from`. */
  merge(from: string, kept: EventPerson): void {
    // Who was merged into `from` before is `kept` too.
    for (const [id, into] of this.#merged) if (into.id === from) this.#merged.set(id, kept);
    this.#merged.set(from, kept);
    this.#merged.delete(kept.id);
  }

  /** Those who came back under their id, by an import, may be named again. */
  readmit(isKnown: (id: string) => boolean): void {
    for (const id of this.#merged.keys()) if (isKnown(id)) this.#merged.delete(id);
    for (const id of this.#people) if (isKnown(id)) this.#people.delete(id);
  }

  /** Learns from an event whether its track is one of theirs. @returns the track where that is new */
  observe(event: LoggableEvent): string | undefined {
    const track = trackKey(event);
    if (track === undefined || this.#tracks.has(track)) return undefined;
    if (!this.#isGone(event.person) && !this.#isGone(event.before?.person)) return undefined;
    this.#tracks.add(track);
    return track;
  }

  /** @returns the event without them, and with those who are another by now as that one; the same one where there is nothing to take out */
  strip<E extends LoggableEvent>(event: E): E {
    if (this.#merged.size > 0) return this.#strip(this.#renamed(event));
    return this.#people.size === 0 && this.#tracks.size === 0 ? event : this.#strip(event);
  }

  #renamed<E extends LoggableEvent>(event: E): E {
    const person = this.#merged.get(event.person?.id ?? '');
    const before = this.#merged.get(event.before?.person?.id ?? '');
    if (person === undefined && before === undefined) return event;
    return { ...event, ...(person && { person }), ...(before && { before: { ...event.before, person: before } }) };
  }

  #strip<E extends LoggableEvent>(event: E): E {
    const { thumbnail, attributes, ...rest } = event;
    const hidesLook = (thumbnail ?? attributes) !== undefined && this.#tracks.has(trackKey(event) ?? '');
    const hidesPerson = this.#isGone(event.person);
    const hidesBefore = this.#isGone(event.before?.person);
    if (!hidesLook && !hidesPerson && !hidesBefore) return event;
    return {
      ...(hidesLook ? rest : event),
      ...(hidesPerson && { person: null }),
      ...(hidesBefore && { before: { ...event.before, person: null } }),
    } as E;
  }

  /** Forgets a track that is over. */
  release(event: LoggableEvent): void {
    const track = trackKey(event);
    if (track !== undefined && event.kind === 'leave') this.#tracks.delete(track);
  }

  #isGone(person: { readonly id: string } | null | undefined): boolean {
    if (person === null || person === undefined) return false;
    return this.#people.has(this.#merged.get(person.id)?.id ?? person.id);
  }
}
