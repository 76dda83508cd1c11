// What stands beside the names of people in lines that come and go: nothing, or what tells two of one name apart.
import type { HttpClient, Person } from '../http-client.js';
import { sharedNames, toldApart } from './told-apart.js';

/**
 * As they are now, for as long as a command runs.
 * @returns the name to show; the plain one for all where this client may not see who is enrolled
 */
export async function peopleApart(http: HttpClient): Promise<(person: Pick<Person, 'id' | 'name'>) => string> {
  const people = new Map<string, Person>();
  try {
    for await (const person of http.people.all()) people.set(person.id, person);
  } catch {
    // To say which of two it is, is an extra: without it the events still come.
  }
  const shared = sharedNames([...people.values()]);
  return ({ id, name }) => toldApart({ id, name, external_id: people.get(id)?.external_id ?? null }, shared);
}
