// `onlooker enroll`: images into the gallery, and for each file what happened and why.
import { basename } from 'node:path';
import type { EnrollFlags } from '../commands/flags.js';
import { expandPaths } from '../commands/paths.js';
import type { Service } from '../commands/service.js';
import { ServerError } from '../errors.js';
import type { Enrolment, HttpClient, Person } from '../http-client.js';
import { isOfOneFile, withPicture } from '../pictures/with-picture.js';
import { PartlyFailed } from '../terminal/failure.js';
import { createOutput } from '../terminal/output.js';
import { formatHeader, formatRow, paint, shown, type Column } from '../terminal/table.js';
import { usableName } from './find-person.js';
import { createPerson, knownPerson, twinsNamed } from './person-to-teach.js';

/** @throws PartlyFailed when some file was refused · UsageError, CommandError, ConnectionError, ServerError */
export async function enroll(
  service: Service,
  given: string,
  paths: readonly string[],
  flags: EnrollFlags,
  signal: AbortSignal,
): Promise<void> {
  const name = usableName(given);
  const { files, leftOut } = await expandPaths(paths);
  const http = service.http(signal);
  const known = await knownPerson(http, name, flags);
  const twinOf = await twinsNamed(http, flags);
  const person = known ?? (await createPerson(http, name, flags));

  const columns: readonly Column[] = [
    { title: 'FILE', width: Math.min(40, Math.max(4, ...files.map((file) => basename(file).length))) },
    { title: 'RESULT', width: 17 },
    { title: 'QUALITY', width: 7, alignRight: true },
    { title: 'WHY', width: 3 },
  ];
  const output = createOutput();
  for (const sentence of leftOut) output.note(`onlooker: ${sentence}`);
  let isEnrolled = false;
  let refused = 0;
  try {
    if (!flags.json) await output.print(formatHeader(columns));
    for (const [index, file] of files.entries()) {
      output.progress(index, files.length, 'files');
      const outcome = await enrolFile(http, person, file, twinOf, signal);
      if ('error' in outcome) refused += 1;
      else isEnrolled = true;
      await output.print(
        flags.json
          ? JSON.stringify(jsonOf(file, person, outcome))
          : formatRow(columns, [shown(basename(file)), ...cellsOf(outcome)]),
      );
    }
  } finally {
    output.close();
    // Somebody without a face could never be recognised: what this run created for nothing goes again.
    if (!known && !isEnrolled) await service.http().people.remove(person.id);
  }
  const whose = `${shown(name)} (${person.id})`;
  output.note(
    known || isEnrolled
      ? `${files.length - refused} of ${files.length} enrolled for ${whose}`
      : `nothing enrolled; ${shown(name)} was not created`,
  );
  if (refused > 0) throw new PartlyFailed();
}

type Outcome = Enrolment | { readonly error: Error };

/** What the service refuses is an outcome; a service that is gone ends the command. */
async function enrolFile(
  http: HttpClient,
  person: Person,
  file: string,
  twinOf: readonly string[],
  signal: AbortSignal,
): Promise<Outcome> {
  signal.throwIfAborted();
  try {
    return await withPicture(file, (image) => http.faces.enrol(person.id, image, { twinOf }));
  } catch (error) {
    if (!isOfOneFile(error)) throw error;
    return { error };
  }
}

function cellsOf(outcome: Outcome): string[] {
  if (!('error' in outcome)) {
    return [outcome.created ? paint('green', 'enrolled') : paint('dim', 'already enrolled'), outcome.quality.toFixed(2), ''];
  }
  const { error } = outcome;
  if (!(error instanceof ServerError)) return [paint('red', 'unreadable'), '', shown(error.message)];
  const whom =
    error.code === 'CONFLICT' && error.details?.person
      ? ` (${shown(String(error.details.person))}; --twin-of names those who are somebody else)`
      : '';
  return [paint('red', error.code), '', shown(error.message) + whom];
}

function jsonOf(file: string, person: Person, outcome: Outcome): object {
  if (!('error' in outcome))
    return { file, person: person.id, status: outcome.created ? 'enrolled' : 'already_enrolled', ...outcome };
  const { error } = outcome;
  const told =
    error instanceof ServerError
      ? { code: error.code, message: error.message, details: error.details ?? null }
      : { message: error.message };
  return { file, person: person.id, status: 'refused', ...told };
}
