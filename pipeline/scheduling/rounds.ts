// Work in rounds: of each source only so much is done in one, so whoever brings a hundred faces at once waits for them, and
// not everybody else: who comes meanwhile is a round ahead. Within a round what is due first goes first. Pure.
//
//   crowd   round 1: a b c d    round 2: e f g h    round 3 …
//   door    comes while e is done, and goes before f: it is of round 1
import type { Origin } from './origin.js';

/** Of one source in a round: a frame and its usual faces, so that those of a frame are done together. */
export const MOST_IN_A_ROUND = 4;

/** Something that waits, and in which round it is done. */
export interface InRound<T> {
  readonly item: T;
  readonly round: number;
}

/** Counts the rounds; shared by all lists whose work is done in the same ones. */
export class Rounds {
  readonly #places = new WeakMap<object, { round: number; items: number }>();
  readonly #lists: { readonly first: { readonly round: number } | undefined }[] = [];
  #now = 0;

  add(list: { readonly first: { readonly round: number } | undefined }): void {
    this.#lists.push(list);
  }

  /** The round of the next item of a source. */
  next(source: object): number {
    const last = this.#places.get(source);
    const ahead = this.#now - 1;
    const place = last === undefined || last.round < ahead ? { round: ahead, items: 0 } : last;
    if (place.items === MOST_IN_A_ROUND) {
      place.round++;
      place.items = 0;
    }
    place.items++;
    this.#places.set(source, place);
    return place.round;
  }

  /** Work of this round is begun: the round of now is the first that still waits, since some is taken ahead to fill a batch. */
  begun(round: number): void {
    const waiting = this.#lists.flatMap(({ first }) => first?.round ?? []);
    this.#now = Math.max(this.#now, waiting.length > 0 ? Math.min(...waiting) : round);
  }
}

/** What waits, in the order in which it is done. */
export class RoundList<T extends { readonly origin: Origin }> {
  readonly #rounds: Rounds;
  readonly #waiting: InRound<T>[] = [];

  constructor(rounds: Rounds) {
    this.#rounds = rounds;
    rounds.add(this);
  }

  get size(): number {
    return this.#waiting.length;
  }

  get first(): InRound<T> | undefined {
    return this.#waiting[0];
  }

  add(item: T): void {
    const added = { item, round: this.#rounds.next(item.origin.source) };
    // From the back: what comes later is nearly always due later, so this is one step.
    let at = this.#waiting.length;
    while (at > 0 && isBefore(added, this.#waiting[at - 1] as InRound<T>)) at--;
    this.#waiting.splice(at, 0, added);
  }

  /** Takes the first that it is true of. */
  take(isTaken: (item: T) => boolean): T | undefined {
    const at = this.#waiting.findIndex(({ item }) => isTaken(item));
    const [taken] = at === -1 ? [] : this.#waiting.splice(at, 1);
    if (taken !== undefined) this.#rounds.begun(taken.round);
    return taken?.item;
  }

  /** @returns those it is true of, which wait no more */
  remove(isRemoved: (item: T) => boolean): T[] {
    const removed = this.#waiting.filter(({ item }) => isRemoved(item));
    const left = this.#waiting.filter(({ item }) => !isRemoved(item));
    this.#waiting.length = 0;
    this.#waiting.push(...left);
    return removed.map(({ item }) => item);
  }
}

/** Whether one is done before the other, of the same list or of another with the same rounds. */
export function isBefore(a: InRound<{ readonly origin: Origin }>, b: InRound<{ readonly origin: Origin }>): boolean {
  return a.round === b.round ? dueMs(a.item.origin) < dueMs(b.item.origin) : a.round < b.round;
}

const dueMs = (origin: Origin): number => origin.dueMs ?? origin.deadlineMs;
