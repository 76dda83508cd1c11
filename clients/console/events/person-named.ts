// Who is meant by a name that is typed. Pure.
import { typedName } from '../../../protocol/name-text.js';
import type { Person } from '../../http-client.js';
import { meantBy } from '../../people/told-apart.js';

/** Who has this name, however it is written, or is told apart so from others of one name. Nobody where several have the very name. */
export function personNamed(name: string, people: readonly Person[] | undefined): Person | undefined {
  const { person, choices } = meantBy(name, people);
  if (person || choices.length > 0) return person;
  const wanted = foldedName(name);
  const named = people?.filter((person) => foldedName(person.name) === wanted);
  return named?.[0];
}

const foldedName = (name: string): string => typedName(name).toLocaleLowerCase();
