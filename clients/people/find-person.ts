// Which person a user means: by id, by name, or by external id, however its characters are put together. Must never guess between two
// of one name.
import { checkedName, isSameName } from '../../protocol/name-text.js';
import type { HttpClient, Person } from '../http-client.js';
import { ServerError } from '../errors.js';
import { dayOf } from './day.js';
import { CommandError, UsageError } from '../terminal/failure.js';
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

/** @param how the command takes the one who is meant @throws CommandError when several people have that name, with what tells them apart */
export async function byName(http: HttpClient, name: string, how = 'id, or by external id'): Promise<Person | undefined> {
  const found: Person[] = [];
  for await (const person of http.people.all()) if (isSameName(person.name, name)) found.push(person);
  if (found.length <= 1) return found[0];
  throw new CommandError(
    [`${found.length} people are named "${shown(name)}"; say which by ${how}:`, ...found.map(choiceOf)].join('\n  '),
  );
}

export async function byExternalId(http: HttpClient, externalId: string): Promise<Person | undefined> {
  for await (const person of http.people.all())
    if (person.external_id !== null && isSameName(person.external_id, externalId)) return person;
  return undefined;
}

function choiceOf({ id, external_id: externalId, faces, created_at: createdAt }: Person): string {
  const known = externalId === null ? '' : `, external id ${shown(externalId)}`;
  return `${id}${known}, ${faces} face${faces === 1 ? '' : 's'}, since ${dayOf(createdAt)}`;
}

/** A name that somebody is to have, as the service will keep it. @throws UsageError for one that it would refuse */
export function usableName(given: string, what = 'the name'): string {
  const { text, wrong } = checkedName(given);
  if (text === undefined) throw new UsageError(`${what} ${wrong}`);
  // What the terminal sent was in another encoding, and is lost: kept with holes, nobody would find it again.
  if (text.includes('\ufffd')) throw new UsageError(`${what} must be in UTF-8`);
  return text;
}
