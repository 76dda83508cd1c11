// Pairs of people who were declared to be two although their faces resemble each other: each pair is a record of its own in
// the store, and all of them are in memory, where every decision looks them up. It does no I/O.
import { OnlookerError } from '../../../../protocol/errors.js';
import type { Change } from '../../../store/record-store.js';
import { encodeTwins, type TwinPair } from './records.js';

export const TWINS_PREFIX = 'twins:';
/** Of one person. Quintuplets have four; more would make a list of everybody out of it. */
export const MOST_TWINS = 16;
/** A pair in memory, twice: an import builds the new ones beside the old. */
export const TWINS_BYTES = 1024;

/** The same pair has one name, whoever is named first. */
export function twinPair(one: string, other: string): TwinPair {
  return { people: one < other ? [one, other] : [other, one] };
}

/** No id has a slash. */
export const twinsKey = ({ people: [one, other] }: TwinPair): string => `${TWINS_PREFIX}${one}/${other}`;

export const additionOf = (pair: TwinPair): Change => ({ key: twinsKey(pair), value: encodeTwins(pair) });
export const removalOfTwins = (pair: TwinPair): Change => ({ key: twinsKey(pair), value: null });

export class Twins {
  readonly #of = new Map<string, Set<string>>();
  #size = 0;

  constructor(pairs: Iterable<TwinPair> = []) {
    for (const pair of pairs) this.add(pair);
  }

  /** How many pairs there are. */
  get size(): number {
    return this.#size;
  }

  areTwins(one: string, other: string): boolean {
    return this.#of.get(one)?.has(other) ?? false;
  }

  hasTwins(id: string): boolean {
    return this.#of.has(id);
  }

  /** Ids, in their order. */
  of(id: string): readonly string[] {
    return [...(this.#of.get(id) ?? [])].sort();
  }

  /** All of them. */
  *pairs(): Generator<TwinPair> {
    for (const [id, others] of this.#of) for (const other of others) if (id < other) yield { people: [id, other] };
  }

  pairsOf(id: string): TwinPair[] {
    return this.of(id).map((other) => twinPair(id, other));
  }

  add({ people: [one, other] }: TwinPair): void {
    if (this.areTwins(one, other)) return;
    this.#put(one, other);
    this.#put(other, one);
    this.#size++;
  }

  remove({ people: [one, other] }: TwinPair): void {
    if (!this.areTwins(one, other)) return;
    this.#take(one, other);
    this.#take(other, one);
    this.#size--;
  }

  /** Whether nobody would have more twins than anybody may. @param without of those that are there, who are none any more by then */
  hasRoomFor(pairs: readonly TwinPair[], without: readonly TwinPair[] = []): boolean {
    const counts = new Map<string, number>();
    const count = (id: string, change: number) => counts.set(id, (counts.get(id) ?? this.#of.get(id)?.size ?? 0) + change);
    for (const id of without.flatMap(({ people }) => people)) count(id, -1);
    for (const id of pairs.flatMap(({ people }) => people)) count(id, 1);
    return [...counts.values()].every((count) => count <= MOST_TWINS);
  }

  /** @throws OnlookerError LIMIT_REACHED */
  assertRoomFor(pairs: readonly TwinPair[], without: readonly TwinPair[] = []): void {
    if (!this.hasRoomFor(pairs, without)) throw new OnlookerError('LIMIT_REACHED', `A person has at most ${MOST_TWINS} twins.`);
  }

  #put(one: string, other: string): void {
    const known = this.#of.get(one);
    if (known === undefined) this.#of.set(one, new Set([other]));
    else known.add(other);
  }

  #take(one: string, other: string): void {
    const known = this.#of.get(one);
    known?.delete(other);
    if (known?.size === 0) this.#of.delete(one);
  }
}
