// Candidates as they are called now: names are as the gallery had them when it was searched, and somebody may be gone since.
import type { Candidate } from '../../../protocol/payloads.js';

/** @returns undefined for who is gone */
export type NameOf = (id: string) => string | undefined;

/** Without those who are gone. */
export function todaysCandidates(candidates: readonly Candidate[], nameOf: NameOf): Candidate[] {
  return candidates.flatMap((candidate) => todaysPerson(candidate, nameOf) ?? []);
}

/** Null for who is gone. */
export function todaysPerson(person: Candidate | null, nameOf: NameOf): Candidate | null {
  const name = person === null ? undefined : nameOf(person.id);
  return person === null || name === undefined ? null : { ...person, name };
}
