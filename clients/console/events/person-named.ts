// Who is meant by a name that is typed. Pure.
import { typedName } from '../../../protocol/name-text.js';
import type { Person } from '../../http-client.js';

/** Who has this name, however it is written; spaces around it do not count. */
export function personNamed(name: string, people: readonly Person[] | undefined): Person | undefined {
  const wanted = foldedName(name);
  const named = people?.filter((person) => foldedName(person.name) === wanted);
  return named?.find((person) => person.name === typedName(name)) ?? named?.[0];
}

const foldedName = (name: string): string => typedName(name).toLocaleLowerCase();
