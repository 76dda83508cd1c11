// `onlooker enroll --track`: the best faces that the service saw of somebody in front of a camera, into the gallery.
import type { EnrollFlags } from '../commands/flags.js';
import type { Service } from '../commands/service.js';
import { createOutput } from '../terminal/output.js';
import { formatTable, shown } from '../terminal/table.js';
import { usableName } from './find-person.js';
import { createPerson, knownPerson, twinsNamed } from './person-to-teach.js';

/** @throws ServerError `NOT_FOUND` for a track that is too long ago, `LOW_QUALITY`, `CONFLICT` · UsageError, CommandError, ConnectionError */
export async function enrollTrack(
  service: Service,
  given: string,
  track: string,
  flags: EnrollFlags,
  signal: AbortSignal,
): Promise<void> {
  const name = usableName(given);
  const http = service.http(signal);
  const known = await knownPerson(http, name, flags);
  const twinOf = await twinsNamed(http, flags);
  const person = known ?? (await createPerson(http, name, flags));
  let isEnrolled = false;
  try {
    const { faces } = await http.tracks.enroll(track, person.id, { twinOf });
    isEnrolled = faces.length > 0;
    const output = createOutput();
    if (flags.json) for (const face of faces) await output.print(JSON.stringify({ track, status: 'enrolled', ...face }));
    else
      await output.print(
        formatTable(
          ['FACE', 'QUALITY'],
          faces.map(({ face, quality }) => [face, quality.toFixed(2)]),
        ),
      );
    output.note(`${faces.length} face${faces.length === 1 ? '' : 's'} enrolled for ${shown(name)} (${person.id})`);
  } finally {
    // Somebody without a face could never be recognised: what this run created for nothing goes again.
    if (!known && !isEnrolled) await service.http().people.remove(person.id);
  }
}
