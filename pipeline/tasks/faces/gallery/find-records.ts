// Look-ups in the roster that a change of the gallery begins with, and the errors that it ends with where nobody is found.
import { OnlookerError } from '../../../../protocol/errors.js';
import type { StoredFace, StoredPerson } from './records.js';
import type { Roster } from './roster.js';

/** @throws OnlookerError NOT_FOUND */
export function storedPerson(roster: Roster, id: string): StoredPerson {
  const person = roster.stored(id);
  if (person === undefined) throw new OnlookerError('NOT_FOUND', `There is no person ${id.slice(0, 64)}.`);
  return person;
}

/** @throws OnlookerError NOT_FOUND */
export function storedFace(roster: Roster, personId: string, faceId: string): StoredFace {
  storedPerson(roster, personId);
  const face = roster.facesOf(personId).find((other) => other.id === faceId);
  if (face === undefined) throw new OnlookerError('NOT_FOUND', `The person has no face ${faceId}.`);
  return face;
}

/** @throws OnlookerError CONFLICT */
export function needFreeExternalId(roster: Roster, externalId: string | null | undefined): void {
  const person = typeof externalId === 'string' ? roster.personOfExternalId(externalId) : undefined;
  if (person !== undefined) throw new OnlookerError('CONFLICT', 'The external id is in use.', { person });
}
