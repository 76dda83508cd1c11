// Which person a user means: by id, by exact name, or by external id. Must never guess between two of one name.
import type { HttpClient, Person } from '../http-client.js';
import { ServerError } from '../errors.js';
import { CommandError } from '../terminal/failure.js';
import { shown } from '../terminal/table.js';

/** @throws CommandError when there is nobody, or more than one person of that name */
export async function findPerson(http: HttpClient, who: string): Promise<Person> {
  const person = (await byId(http, who)) ?? (await byName(http, who)) ?? (await byExternalId(http, who));
  if (!person) throw new CommandError(`there is nobody of the id, name or external id "${shown(who)}"`);
  return person;
}

export async function byId(http: HttpClient, id: string): Promise<Person | undefined> {
  try {
    return await http.people.get(id);
  } catch (error) {
    // What cannot be an id is not one either.
    if (error instanceof ServerError && (error.code === 'NOT_FOUND' || error.code === 'BAD_MESSAGE')) return undefined;
    throw error;
  }
}

/** @throws CommandError when several people have that name */
export async function byName(http: HttpClient, name: string): Promise<Person | undefined> {
  const found: Person[] = [];
  for await (const person of http.people.all()) if (person.name === name) found.push(person);
  if (found.length <= 1) return found[0];
  throw new CommandError(`several people are named "${shown(name)}"; say which by id: ${found.map(({ id }) => id).join(', ')}`);
}

export async function byExternalId(http: HttpClient, externalId: string): Promise<Person | undefined> {
  for await (const person of http.people.all()) if (person.external_id === externalId) return person;
  return undefined;
}
