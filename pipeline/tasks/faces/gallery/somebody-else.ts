// Whether a face that is about to be enrolled is somebody else's: of those who came after the gallery was searched for it.
import { OnlookerError } from '../../../../protocol/errors.js';
import { cosine } from '../../../geometry/cosine.js';
import type { GalleryContent } from './gallery-load.js';
import type { NewFace } from './gallery-options.js';

/** The face of an enrolment is somebody else's. */
export function matchesSomebodyElse(person: string, similarity: number): OnlookerError {
  return new OnlookerError('CONFLICT', 'The face matches somebody else better; if they are two people, say so (twin_of).', {
    person,
    similarity: Math.round(similarity * 1000) / 1000,
  });
}

/** Two people could be enrolled with one face at once otherwise, and neither would be recognised any more. @throws OnlookerError CONFLICT */
export function assertNobodyElseCame(
  { roster, matrix, twins }: GalleryContent,
  personId: string,
  embedding: Float32Array,
  { searched, twinOf = [] }: NewFace,
): void {
  if (searched === undefined) return;
  for (const other of matrix.addedAfter(searched.galleryVersion)) {
    const person = roster.owner(other.owner);
    const similarity = cosine(other.embedding, embedding);
    const isTwin = person !== undefined && (twinOf.includes(person.id) || twins.areTwins(personId, person.id));
    if (person === undefined || isTwin || person.id === personId || similarity < searched.match || similarity <= searched.own)
      continue;
    throw matchesSomebodyElse(person.id, similarity);
  }
}
