// Whom `onlooker enroll` adds faces to: who is there already, or somebody new. Must never guess between two of one name.
import { isSameName } from '../../protocol/name-text.js';
import type { EnrollFlags } from '../commands/flags.js';
import type { HttpClient, Person } from '../http-client.js';
import { CommandError } from '../terminal/failure.js';
import { shown } from '../terminal/table.js';
import { byExternalId, byId, byName, findPerson } from './find-person.js';

type Whom = Pick<EnrollFlags, 'id' | 'externalId'>;

export function createPerson(http: HttpClient, name: string, { externalId }: Whom): Promise<Person> {
  return http.people.create({ name, ...(externalId === undefined ? {} : { external_id: externalId }) });
}

/** Ids of those whom the face resembles and is not. @throws CommandError as `findPerson` */
export async function twinsNamed(http: HttpClient, { twinOf = [] }: Pick<EnrollFlags, 'twinOf'>): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const who of twinOf) ids.push((await findPerson(http, who)).id);
  return ids;
}

/** @throws CommandError when nobody has the id, somebody else has the external id, or several have the name */
export async function knownPerson(http: HttpClient, name: string, flags: Whom): Promise<Person | undefined> {
  if (flags.id !== undefined) {
    const person = await byId(http, flags.id);
    if (!person) throw new CommandError(`there is nobody of the id ${shown(flags.id)}`);
    return checkedName(person, name);
  }
  if (flags.externalId !== undefined) {
    const person = await byExternalId(http, flags.externalId);
    return person && checkedName(person, name);
  }
  return byName(http, name, '--id, or by --external-id');
}

/** Faces added to the wrong person are hard to find again. */
function checkedName(person: Person, name: string): Person {
  if (isSameName(person.name, name)) return person;
  throw new CommandError(`${person.id} is named "${shown(person.name)}", not "${shown(name)}": see \`onlooker people rename\``);
}
