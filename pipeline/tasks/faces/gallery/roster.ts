// Who is in the gallery, in memory: every look-up and list is answered from here. It mirrors what is committed and
// is changed only after the commit, in its order; it never touches the disk.
import { mendedName } from '../../../../protocol/name-text.js';
import type { FaceRecord, Person } from '../../../../protocol/people.js';
import { personBytes } from './gallery-memory.js';
import type { StoredFace, StoredPerson } from './records.js';

export interface Page {
  readonly limit: number;
  /** Id of the last entry of the page before. */
  readonly after?: string;
}

interface Entry {
  person: Omit<StoredPerson, 'metadata'>;
  /** As JSON: parsed, small values take ten times as much. */
  metadata: string;
  /** In the order of their ids. */
  readonly faces: StoredFace[];
  readonly owner: number;
}

/** Where an id belongs in a list sorted by id: the first position that is not before it. */
function positionOf(sorted: readonly { readonly id: string }[], id: string): number {
  let low = 0;
  for (let high = sorted.length; low < high;) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.id ?? '') < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

function pageOf<T extends { readonly id: string }>(
  sorted: readonly T[],
  { limit, after }: Page,
): { items: readonly T[]; next?: string } {
  const position = after === undefined ? 0 : positionOf(sorted, after);
  const start = after !== undefined && sorted[position]?.id === after ? position + 1 : position;
  const items = sorted.slice(start, start + Math.max(1, limit));
  const last = items.at(-1);
  return last !== undefined && start + items.length < sorted.length ? { items, next: last.id } : { items };
}

function fieldsOf({ metadata, ...person }: StoredPerson): Pick<Entry, 'person' | 'metadata'> {
  return { person, metadata: JSON.stringify(metadata) };
}

function storedOf({ person, metadata }: Entry): StoredPerson {
  return { ...person, metadata: metadata === '{}' ? {} : (JSON.parse(metadata) as Record<string, unknown>) };
}

/** A face as the outside sees it. */
export function faceRecord({ id, person, quality, box, created_at, picture }: StoredFace): FaceRecord {
  return { id, person, quality, box, created_at, ...(picture && { picture }) };
}

/** The best face of which there is a picture. */
function pictureOf(faces: readonly StoredFace[]): { readonly picture?: string } {
  let best: StoredFace | undefined;
  for (const face of faces) if (face.picture && face.quality > (best?.quality ?? -1)) best = face;
  return best === undefined ? {} : { picture: best.id };
}

export class Roster {
  readonly #entries = new Map<string, Entry>();
  /** Their ids sorted, for the pages of the list. */
  readonly #order: { readonly id: string }[] = [];
  /** By the form in which they are compared. */
  readonly #externalIds = new Map<string, string>();
  readonly #owners = new Map<number, { readonly id: string; readonly name: string }>();
  readonly #faceIds = new Set<string>();
  #pictures = 0;
  #peopleBytes = 0;
  #nextOwner: number;

  /** @param firstOwner the first owner index to give out; a roster that replaces another begins where that one stopped */
  constructor(firstOwner: number) {
    this.#nextOwner = firstOwner;
  }

  get nextOwner(): number {
    return this.#nextOwner;
  }

  get size(): { readonly people: number; readonly faces: number } {
    return { people: this.#entries.size, faces: this.#faceIds.size };
  }

  /** How many faces have a picture. */
  get pictures(): number {
    return this.#pictures;
  }

  /** What people take of memory at most, without their faces: see gallery-memory.ts. */
  get peopleBytes(): number {
    return this.#peopleBytes;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  nameOf(id: string): string | undefined {
    return this.#entries.get(id)?.person.name;
  }

  person(id: string): Person | undefined {
    const entry = this.#entries.get(id);
    return entry && { ...storedOf(entry), faces: entry.faces.length, ...pictureOf(entry.faces) };
  }

  stored(id: string): StoredPerson | undefined {
    const entry = this.#entries.get(id);
    return entry && storedOf(entry);
  }

  facesOf(id: string): readonly StoredFace[] {
    return this.#entries.get(id)?.faces ?? [];
  }

  hasFace(id: string): boolean {
    return this.#faceIds.has(id);
  }

  /** However its characters are put together. */
  personOfExternalId(externalId: string): string | undefined {
    return this.#externalIds.get(mendedName(externalId));
  }

  owner(index: number): { readonly id: string; readonly name: string } | undefined {
    return this.#owners.get(index);
  }

  ownerOf(id: string): number | undefined {
    return this.#entries.get(id)?.owner;
  }

  listPeople(page: Page): { people: Person[]; next?: string } {
    const { items, ...next } = pageOf(this.#order, page);
    return { people: items.flatMap(({ id }) => this.person(id) ?? []), ...next };
  }

  listFaces(personId: string, page: Page): { faces: FaceRecord[]; next?: string } {
    const { items, ...next } = pageOf(this.facesOf(personId), page);
    return { faces: items.map(faceRecord), ...next };
  }

  /** @param owner the index that the person had in the roster before, if any */
  addPerson(person: StoredPerson, owner: number = this.#nextOwner++): void {
    const entry = { ...fieldsOf(person), faces: [], owner };
    this.#entries.set(person.id, entry);
    this.#order.splice(positionOf(this.#order, person.id), 0, { id: person.id });
    this.#index(entry);
  }

  updatePerson(person: StoredPerson): void {
    const entry = this.#entries.get(person.id);
    if (entry === undefined) return;
    this.#forget(entry);
    Object.assign(entry, fieldsOf(person));
    this.#index(entry);
  }

  removePerson(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    for (const face of [...entry.faces]) this.removeFace(face);
    this.#forget(entry);
    this.#owners.delete(entry.owner);
    this.#order.splice(positionOf(this.#order, id), 1);
    this.#entries.delete(id);
  }

  /** @returns the owner index of its person */
  addFace(face: StoredFace): number | undefined {
    const entry = this.#entries.get(face.person);
    if (entry === undefined) return undefined;
    entry.faces.splice(positionOf(entry.faces, face.id), 0, face);
    this.#faceIds.add(face.id);
    if (face.picture) this.#pictures++;
    return entry.owner;
  }

  removeFace(face: StoredFace): void {
    const entry = this.#entries.get(face.person);
    if (entry === undefined || !this.#faceIds.delete(face.id)) return;
    entry.faces.splice(positionOf(entry.faces, face.id), 1);
    if (face.picture) this.#pictures--;
  }

  #index({ person, metadata, owner }: Entry): void {
    if (person.external_id !== null && this.personOfExternalId(person.external_id) === undefined)
      this.#externalIds.set(mendedName(person.external_id), person.id);
    this.#owners.set(owner, { id: person.id, name: person.name });
    this.#peopleBytes += personBytes(person, metadata);
  }

  #forget({ person, metadata }: Entry): void {
    if (person.external_id !== null && this.personOfExternalId(person.external_id) === person.id)
      this.#externalIds.delete(mendedName(person.external_id));
    this.#peopleBytes -= personBytes(person, metadata);
  }
}
