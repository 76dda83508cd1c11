// The best faces that the service saw of a track become somebody's, and are taken from them again where that was a mistake.
import type { Person } from '../../http-client.js';
import { ServerError } from '../../errors.js';
import { http } from '../app/service.js';

/** The service remembers the track no more. */
export class TrackForgottenError extends Error {}

/**
 * @param known whose faces they become; without one a new person of that name
 * @param twinOf ids of people whom the face resembles, and who are others
 * @returns the person, and the ids of the faces that were not there before
 * @throws TrackForgottenError · ServerError · ConnectionError
 */
export async function enrolTrack(
  track: string,
  name: string,
  known: Person | undefined,
  twinOf: readonly string[] = [],
): Promise<{ readonly person: Person; readonly faces: readonly string[] }> {
  const before = new Set<string>();
  // The same face of a track that is enrolled twice is one: what was there already is not added, nor taken away later.
  if (known) for await (const face of http.faces.all(known.id)) before.add(face.id);
  const person = known ?? (await http.people.create({ name }));
  try {
    const { faces } = await http.tracks.enroll(track, person.id, { twinOf });
    return { person, faces: faces.map(({ face }) => face).filter((id) => !before.has(id)) };
  } catch (error) {
    // Somebody without a face could never be recognised: who was created for nothing goes again.
    if (!known) await http.people.remove(person.id).catch(() => undefined);
    throw error instanceof ServerError && error.code === 'NOT_FOUND' ? new TrackForgottenError() : error;
  }
}

export async function removeFaces(person: string, faces: readonly string[]): Promise<void> {
  for (const face of faces) await http.faces.remove(person, face);
}
