// Two people of one name: what stands beside it to tell them apart, and who is meant by a name that is typed, with that or without. Pure.
import { typedName } from '../../protocol/name-text.js';
import type { Person } from '../http-client.js';

/** The end of an id is by chance, so that it differs soon. */
const ID_END = 6;

/** Names that several people have. */
export function sharedNames(people: readonly Person[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(people.flatMap(({ name }) => (seen.has(name) ? [name] : (seen.add(name), []))));
}

/** The name, and where others have it too the external id, or the end of the id. */
export function toldApart(
  { id, name, external_id: externalId }: Pick<Person, 'id' | 'name' | 'external_id'>,
  shared: ReadonlySet<string>,
): string {
  return shared.has(name) ? `${name} · ${externalId ?? `…${id.slice(-ID_END)}`}` : name;
}

export interface Meant {
  /** Undefined where nobody has the name, and where several have it. */
  readonly person?: Person;
  /** How to write each of them, where several have the name. */
  readonly choices: readonly string[];
}

/** Who has this very name, or is told apart so. */
export function meantBy(typed: string, people: readonly Person[] = []): Meant {
  const name = typedName(typed);
  const shared = sharedNames(people);
  const named = people.filter((person) => person.name === name);
  if (named.length > 1) return { choices: named.map((person) => toldApart(person, shared)) };
  const person = named[0] ?? people.find((one) => shared.has(one.name) && toldApart(one, shared) === name);
  return { ...(person && { person }), choices: [] };
}
