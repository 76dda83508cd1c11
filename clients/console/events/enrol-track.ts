// The best faces that the service saw of a track become somebody's.
import type { Person } from '../../http-client.js';
import { http } from '../app/service.js';

/**
 * @param known whose faces they become; without one a new person of that name
 * @returns how many faces were taken
 */
export async function enrolTrack(track: string, name: string, known: Person | undefined): Promise<number> {
  const person = known ?? (await http.people.create({ name }));
  try {
    return (await http.tracks.enroll(track, person.id)).faces.length;
  } catch (error) {
    // Somebody without a face could never be recognised: who was created for nothing goes again.
    if (!known) await http.people.remove(person.id).catch(() => undefined);
    throw error;
  }
}
