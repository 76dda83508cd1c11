// Has a service know the people of the benchmark's films, so that it can be seen whether they are named.
import { ServerError } from '../../clients/errors.js';
import { createHttpClient } from '../../clients/http-client.js';
import { note } from '../report.js';
import { loadReels } from './reel.js';

/** Where in a film its person is enrolled from, as parts of its length. */
const PLACES = [0.1, 0.5, 0.9] as const;

/**
 * Enrols whoever a film shows alone, from frames of it.
 * @param folder of the material
 * @returns how many people the service knows now of them
 */
export async function knowThePeople(url: string, folder: string): Promise<number> {
  const { people, faces } = createHttpClient(url);
  let known = 0;
  for (const [index, { frames }] of (await loadReels(folder)).entries()) {
    const { id } = await people.create({ name: `Somebody of film ${index}` });
    let enrolled = 0;
    for (const place of PLACES) {
      const frame = frames[Math.floor(place * frames.length)];
      if (frame === undefined) continue;
      try {
        await faces.enrol(id, frame);
        enrolled++;
      } catch (error) {
        // Somebody else is in it, or the face is blurred: another frame may do.
        if (!(error instanceof ServerError)) throw error;
      }
    }
    if (enrolled > 0) known++;
    else await people.remove(id);
  }
  note(`${known} people of the films are known`);
  return known;
}
