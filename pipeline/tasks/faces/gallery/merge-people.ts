// Two people who turned out to be one: what is written and what changes in memory when one takes over the other's faces.
// It commits nothing itself.
import { OnlookerError } from '../../../../protocol/errors.js';
import type { Change } from '../../../store/record-store.js';
import { FACE_PREFIX, PERSON_PREFIX, type GalleryContent } from './gallery-load.js';
import { removalOf } from './gallery-pictures.js';
import { additionOf, removalOfTwins, twinPair } from './twins.js';
import { decodeFace, encodeFace, encodePerson, type StoredFace, type StoredPerson } from './records.js';

export interface Merge {
  /** One transaction. */
  readonly changes: readonly Change[];
  /** To be called when that is durable. */
  readonly apply: () => void;
}

/**
 * @param kept who stays, as changed by the merge: name and metadata stay, and an external id is taken over where there was none
 * @param from who goes
 * @param recordOf a record of the store
 */
export function planMerge(
  { roster, matrix, twins }: GalleryContent,
  kept: StoredPerson,
  from: StoredPerson,
  dim: number,
  recordOf: (key: string) => Buffer | undefined,
): Merge {
  const known = new Set(roster.facesOf(kept.id).map(({ image_sha256 }) => image_sha256));
  // The same image of both is one face.
  const doubles: StoredFace[] = [];
  const moved: StoredFace[] = [];
  for (const face of roster.facesOf(from.id)) (known.has(face.image_sha256) ? doubles : moved).push(face);
  // Who was told apart from the one who goes is told apart from the one who stays.
  const goneTwins = twins.pairsOf(from.id);
  const newTwins = twins
    .of(from.id)
    .filter((id) => id !== kept.id && !twins.areTwins(id, kept.id))
    .map((id) => twinPair(id, kept.id));
  twins.assertRoomFor(newTwins, goneTwins);
  const rewritten = moved.map((face): Change => {
    const key = FACE_PREFIX + face.id;
    const record = recordOf(key);
    if (record === undefined) throw new OnlookerError('INTERNAL');
    return { key, value: encodeFace({ ...face, person: kept.id }, decodeFace(record, dim).embedding) };
  });
  return {
    changes: [
      { key: PERSON_PREFIX + from.id, value: null },
      { key: PERSON_PREFIX + kept.id, value: encodePerson(kept) },
      ...doubles.flatMap(removalOf),
      ...goneTwins.map(removalOfTwins),
      ...newTwins.map(additionOf),
      ...rewritten,
    ],
    apply: () => {
      for (const face of doubles) {
        roster.removeFace(face);
        matrix.remove(face.id);
      }
      for (const face of moved) {
        roster.removeFace(face);
        const owner = roster.addFace({ ...face, person: kept.id });
        if (owner !== undefined) matrix.give(face.id, owner);
      }
      for (const pair of goneTwins) twins.remove(pair);
      for (const pair of newTwins) twins.add(pair);
      roster.removePerson(from.id);
      roster.updatePerson(kept);
    },
  };
}
