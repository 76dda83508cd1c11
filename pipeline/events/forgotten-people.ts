// Who must not appear in events any more, and what that takes out of one: the person, and the pictures of every track
// that was theirs. It knows events, not the store. It forgets by restarting: then the gallery names nobody who is gone.
import type { LoggableEvent } from './event-records.js';

/** Tracks are told apart by their stream and id: `stream:track`. */
export function trackKey({ stream, track }: LoggableEvent): string | undefined {
  return track === undefined ? undefined : `${stream}:${track}`;
}

export class ForgottenPeople {
  readonly #people = new Set<string>();
  /** Tracks that were theirs: pictures of these show them. */
  readonly #tracks = new Set<string>();

  add(people: Iterable<string>, tracks: Iterable<string> = []): void {
    for (const id of people) this.#people.add(id);
    for (const track of tracks) this.#tracks.add(track);
  }

  /** Those who came back under their id, by an import, may be named again. */
  readmit(isKnown: (id: string) => boolean): void {
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

  /** @returns the event without them; the same one where there is nothing to take out */
  strip<E extends LoggableEvent>(event: E): E {
    if (this.#people.size === 0 && this.#tracks.size === 0) return event;
    const { thumbnail, ...rest } = event;
    const hidesPicture = thumbnail !== undefined && this.#tracks.has(trackKey(event) ?? '');
    const hidesPerson = this.#isGone(event.person);
    const hidesBefore = this.#isGone(event.before?.person);
    if (!hidesPicture && !hidesPerson && !hidesBefore) return event;
    return {
      ...(hidesPicture ? rest : event),
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
    return person !== null && person !== undefined && this.#people.has(person.id);
  }
}
