// Who is enrolled, as the page knows it: loaded from the service, changed with it. Deleted people are hidden before they
// are gone, so that it can be undone. Names and pictures stay in this page's memory.
import { computed, signal } from '@preact/signals';
import type { LookalikesAnswer, Person } from '../../http-client.js';
import { failureText } from '../app/failure-text.js';
import { isGone, orGone } from '../app/gone.js';
import { http } from '../app/service.js';
import { storeChoice, storedText } from '../app/stored-choice.js';
import { doWithUndo } from '../app/undo.js';
import { shortName } from '../components/short-name.js';
import { t } from '../i18n/i18n.js';
import { dismissedPairs, dismissedWith, pairKey } from './dismissed-pairs.js';
import { sharedNames, toldApart } from '../../people/told-apart.js';

/** More are not loaded into a page; the search of the service's operators is the command line then. */
export const MOST_PEOPLE = 5_000;

const everybody = signal<readonly Person[] | undefined>(undefined);
const hidden = signal<ReadonlySet<string>>(new Set());
/** Pairs that look alike enough to be taken for each other. */
const closePairs = signal<LookalikesAnswer['pairs']>([]);
const DISMISSED = 'lookalikes_dismissed';
const dismissed = signal(storedText(DISMISSED));

/** There are more than this page holds. */
export const isCut = signal(false);

/** Why the people could not be loaded. */
export const loadFailure = signal<string | undefined>(undefined);

/** By name; undefined until they are loaded. */
export const people = computed(() => everybody.value?.filter(({ id }) => !hidden.value.has(id)).sort(byName));

const shared = computed(() => sharedNames(people.value ?? []));

/** The name of somebody, with what tells them apart from others of that name. */
export const labelOf = (person: Person): string => toldApart(person, shared.value);

/** Most similar first; without those whom the user knows to be two. */
export const lookalikes = computed(() => {
  const known = dismissedPairs(dismissed.value);
  return closePairs.value.filter(
    ({ people: [one, other] }) =>
      !hidden.value.has(one.id) && !hidden.value.has(other.id) && !known.has(pairKey(one.id, other.id)),
  );
});

/** These two are two: this browser warns of them no more. */
export function dismissLookalikes(one: string, other: string): void {
  dismissed.value = dismissedWith(dismissed.value, pairKey(one, other));
  storeChoice(DISMISSED, dismissed.value);
}

export function personOf(id: string): Person | undefined {
  return people.value?.find((person) => person.id === id);
}

/** People who were enrolled by somebody else meanwhile are asked for once, before anybody is said to be deleted. */
const askedFor = new Set<string>();

/** Whether nobody has this id any more: of what was told, only that remains. */
export function isDeleted(id: string): boolean {
  if (people.value === undefined || personOf(id) !== undefined) return false;
  if (hidden.value.has(id) || askedFor.has(id)) return true;
  askedFor.add(id);
  void loadPeople();
  return false;
}

/** Address of the person's best picture, where one is kept. */
export function pictureOf(person: Pick<Person, 'id' | 'picture'> | undefined): string | undefined {
  return person?.picture === undefined ? undefined : http.faces.pictureUrl(person.id, person.picture);
}

/** @param lookalikesToo they cost the service a search over everybody */
export async function loadPeople(lookalikesToo = false): Promise<void> {
  try {
    const found: Person[] = [];
    for await (const person of http.people.all()) {
      if (found.push(person) >= MOST_PEOPLE) break;
    }
    everybody.value = found;
    loadFailure.value = undefined;
    isCut.value = found.length >= MOST_PEOPLE;
    if (lookalikesToo) closePairs.value = found.length > 1 ? (await http.people.lookalikes()).pairs : [];
  } catch (error) {
    loadFailure.value = failureText(error);
  }
}

/** Loads them, and again whenever the page is looked at anew: others may have changed something meanwhile. @returns how to stop */
export function watchPeople(): () => void {
  const onVisible = () => void (document.hidden || loadPeople(true));
  void loadPeople(true);
  document.addEventListener('visibilitychange', onVisible);
  return () => document.removeEventListener('visibilitychange', onVisible);
}

/** What the service answered about a person, in place of what was known. */
export function keepPerson(person: Person): void {
  everybody.value = [...(everybody.value ?? []).filter(({ id }) => id !== person.id), person];
}

/** Somebody who is gone at the service goes here too. */
function forgetPerson(id: string): void {
  everybody.value = (everybody.value ?? []).filter((person) => person.id !== id);
}

/** @returns false where somebody else has deleted the person meanwhile: they are off the list then */
export async function renamePerson(id: string, name: string): Promise<boolean> {
  try {
    keepPerson(await http.people.update(id, { name }));
    void loadPeople(true);
    return true;
  } catch (error) {
    if (!isGone(error)) throw error;
    forgetPerson(id);
    return false;
  }
}

/** All faces of `from` become those of `into`; `from` is gone. */
export async function mergePeople(into: string, from: string): Promise<void> {
  const merged = await http.people.merge(into, from);
  forgetPerson(from);
  keepPerson(merged);
  void loadPeople(true);
}

export function deletePerson(person: Person): void {
  const show = () => (hidden.value = new Set([...hidden.value].filter((id) => id !== person.id)));
  hidden.value = new Set([...hidden.value, person.id]);
  doWithUndo({
    message: t('people.deleted', { name: shortName(person.name) }),
    commit: async (keepalive) => {
      await orGone(http.people.remove(person.id, { keepalive }));
      forgetPerson(person.id);
      show();
    },
    restore: show,
  });
}

function byName(one: Person, other: Person): number {
  return one.name.localeCompare(other.name) || one.created_at - other.created_at;
}
