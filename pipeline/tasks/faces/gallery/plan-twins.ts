// What is written and what changes in memory when two people are declared to be two, and when that is taken back.
import { OnlookerError } from '../../../../protocol/errors.js';
import { storedPerson } from './find-records.js';
import type { GalleryContent } from './gallery-load.js';
import type { Mutation } from './gallery-options.js';
import { additionOf, removalOfTwins, twinPair } from './twins.js';

type People = Pick<GalleryContent, 'roster' | 'twins'>;

/**
 * A person is another than those who resemble them; pairs that are declared already change nothing.
 * @throws OnlookerError NOT_FOUND, BAD_MESSAGE for one and the same, LIMIT_REACHED
 */
export function planTwins({ roster, twins }: People, id: string, others: readonly string[]): Mutation<void> {
  storedPerson(roster, id);
  const unknown = [...new Set(others)].filter((other) => {
    if (other === id) throw new OnlookerError('BAD_MESSAGE', 'Nobody is their own twin.');
    storedPerson(roster, other);
    return !twins.areTwins(id, other);
  });
  const pairs = unknown.map((other) => twinPair(id, other));
  twins.assertRoomFor(pairs);
  return {
    changes: pairs.map(additionOf),
    apply: () => {
      for (const pair of pairs) twins.add(pair);
    },
  };
}

/** @throws OnlookerError NOT_FOUND also where the two are no twins */
export function planNoTwins({ roster, twins }: People, id: string, other: string): Mutation<void> {
  storedPerson(roster, id);
  storedPerson(roster, other);
  if (!twins.areTwins(id, other)) throw new OnlookerError('NOT_FOUND', 'The two are not declared to be twins.');
  const pair = twinPair(id, other);
  return { changes: [removalOfTwins(pair)], apply: () => twins.remove(pair) };
}
