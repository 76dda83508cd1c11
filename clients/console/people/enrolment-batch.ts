// Many pictures to be enrolled: sorted by the person whom each probably shows, corrected by the user, then sent one after
// another, and what became of each. Bounded by the pictures that were given; their addresses are revoked with `close()`.
import { computed, signal } from '@preact/signals';
import { typedName } from '../../../protocol/name-text.js';
import { ServerError } from '../../errors.js';
import type { Enrolment, Person } from '../../http-client.js';
import { http } from '../app/service.js';
import { joinedByName } from './batch-groups.js';
import type { PictureFile } from './dropped-files.js';
import { nameFromPath } from './file-names.js';
import { meantBy } from '../../people/told-apart.js';
import { keepPerson } from './people-store.js';
import { uploadable } from './upload-picture.js';

export type PictureState =
  | { readonly is: 'waiting' | 'sending' | 'known' }
  | { readonly is: 'enrolled'; readonly quality: number }
  | { readonly is: 'refused'; readonly error: unknown };

export interface BatchPicture {
  readonly id: number;
  readonly file: File;
  /** A `blob:` address of it. */
  readonly url: string;
  readonly state: PictureState;
}
/** Pictures that show one person. */
export interface BatchGroup {
  readonly id: number;
  readonly name: string;
  /** Id of whom they are added to, once that is sure. */
  readonly person?: string;
  readonly pictures: readonly BatchPicture[];
}

/** Pictures under way at once: one is decoded at the service while the next is on its way. */
const PARALLEL = 2;

export class EnrolmentBatch {
  readonly groups = signal<readonly BatchGroup[]>([]);
  readonly phase = signal<'review' | 'running' | 'done'>('review');
  readonly pictures = computed(() => this.groups.value.flatMap((group) => group.pictures));
  readonly finished = computed(() => this.pictures.value.filter(({ state }) => isFinal(state)).length);
  #lastId = 0;
  #isClosed = false;

  /** @param person everything is theirs, whatever the files are called */
  add(files: readonly PictureFile[], person?: Pick<Person, 'id' | 'name'>): void {
    const groups = [...this.groups.value];
    for (const { file, path } of files) {
      const name = person?.name ?? nameFromPath(path);
      const picture = { id: this.#nextId(), file, url: URL.createObjectURL(file), state: { is: 'waiting' } as const };
      // Pictures of whom nobody can tell the name are not thrown together.
      const at = name === '' ? -1 : groups.findIndex((group) => group.name === name);
      const group = groups[at];
      if (group) groups[at] = { ...group, pictures: [...group.pictures, picture] };
      else groups.push({ id: this.#nextId(), name, ...(person && { person: person.id }), pictures: [picture] });
    }
    this.groups.value = groups;
  }

  rename(id: number, name: string): void {
    this.groups.value = this.groups.value.map((group) => (group.id === id ? { ...group, name } : group));
  }

  /** Takes a picture out, and its group with the last one. */
  removePicture(id: number): void {
    for (const picture of this.pictures.value) if (picture.id === id) URL.revokeObjectURL(picture.url);
    this.groups.value = this.groups.value
      .map((group) => ({ ...group, pictures: group.pictures.filter((picture) => picture.id !== id) }))
      .filter((group) => group.pictures.length > 0);
  }

  /** Enrols everything that waits. @param known people to add to, by a name that is theirs alone; others are created */
  async run(known: readonly Person[]): Promise<void> {
    this.groups.value = joinedByName(this.groups.value);
    this.phase.value = 'running';
    for (const group of this.groups.value) {
      if (this.#isClosed) return;
      if (group.pictures.some(({ state }) => state.is === 'waiting')) await this.#runGroup(group, known);
    }
    this.phase.value = 'done';
  }

  /** A picture that was refused since the face is somebody else's goes to that person after all. */
  async sendTo(picture: BatchPicture, person: string): Promise<void> {
    await this.#enrol(picture, person);
    keepPerson(await http.people.get(person));
  }

  /** A picture that was refused since the face is like somebody else's: these are two people. */
  async sendAsTwin(picture: BatchPicture, other: string): Promise<void> {
    const group = this.groups.value.find(({ pictures }) => pictures.some(({ id }) => id === picture.id));
    if (group === undefined) return;
    this.#setState(picture.id, { is: 'sending' });
    const name = group.name.trim();
    let created: string | undefined;
    try {
      // Who was created for this picture alone went when it was refused.
      const person = group.person ?? (created = (await http.people.create({ name })).id);
      await this.#enrol(picture, person, [other]);
      const isIn = this.pictures.value.some(({ id, state }) => id === picture.id && isEnrolled(state));
      if (isIn) await this.#settle(group.id, person);
      else if (created !== undefined) await http.people.remove(created);
    } catch (error) {
      this.#setState(picture.id, { is: 'refused', error });
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const { url } of this.pictures.value) URL.revokeObjectURL(url);
  }

  async #runGroup(group: BatchGroup, known: readonly Person[]): Promise<void> {
    const name = typedName(group.name);
    const there = group.person ?? meantBy(name, known).person?.id;
    const waiting = group.pictures.filter(({ state }) => state.is === 'waiting');
    let person = there;
    try {
      person ??= (await http.people.create({ name })).id;
    } catch (error) {
      for (const { id } of waiting) this.#setState(id, { is: 'refused', error });
      return;
    }
    const target = person;
    const queue = [...waiting];
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined && !this.#isClosed; next = queue.shift()) await this.#enrol(next, target);
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
    const mine = this.groups.value.find(({ id }) => id === group.id);
    const hasFace = mine?.pictures.some(({ state }) => isEnrolled(state));
    // Somebody without a face could never be recognised: who was created for nothing goes again.
    if (there === undefined && !hasFace) await http.people.remove(target).catch(() => undefined);
    else await this.#settle(group.id, target);
  }

  async #settle(group: number, person: string): Promise<void> {
    this.groups.value = this.groups.value.map((one) => (one.id === group ? { ...one, person } : one));
    const answer = await http.people.get(person).catch(() => undefined);
    if (answer) keepPerson(answer);
  }

  async #enrol(picture: BatchPicture, person: string, twinOf: readonly string[] = []): Promise<void> {
    this.#setState(picture.id, { is: 'sending' });
    try {
      const { created, quality } = await enrolFile(person, picture.file, twinOf);
      this.#setState(picture.id, created ? { is: 'enrolled', quality } : { is: 'known' });
    } catch (error) {
      this.#setState(picture.id, { is: 'refused', error });
    }
  }

  #setState(id: number, state: PictureState): void {
    this.groups.value = this.groups.value.map((group) =>
      group.pictures.some((picture) => picture.id === id)
        ? { ...group, pictures: group.pictures.map((picture) => (picture.id === id ? { ...picture, state } : picture)) }
        : group,
    );
  }

  #nextId(): number {
    return (this.#lastId += 1);
  }
}

async function enrolFile(person: string, file: File, twinOf: readonly string[]): Promise<Enrolment> {
  try {
    return await http.faces.enrol(person, await uploadable(file), { twinOf });
  } catch (error) {
    const isTooLarge = error instanceof ServerError && (error.code === 'TOO_LARGE' || error.code === 'TOO_MANY_PIXELS');
    if (!isTooLarge) throw error;
    return http.faces.enrol(person, await uploadable(file, { smaller: true }), { twinOf });
  }
}

const isEnrolled = ({ is }: PictureState): boolean => is === 'enrolled' || is === 'known';
const isFinal = (state: PictureState): boolean => isEnrolled(state) || state.is === 'refused';
