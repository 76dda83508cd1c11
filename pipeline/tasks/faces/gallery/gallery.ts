// The gallery: people and their faces, durable on disk and searchable in shared memory. A change is planned on memory,
// committed to the store and only then made in memory, one after the other; no name or embedding ever leaves it but
// to who asks. docs/gallery.md tells what is stored where.
import { OnlookerError } from '../../../../protocol/errors.js';
import type { FaceRecord, ImportReport, Person } from '../../../../protocol/people.js';
import { DroppedMemory } from '../../../threads/collect-garbage.js';
import { exportView, SharedExports } from './gallery-export.js';
import { checkGalleryFile } from './gallery-file.js';
import { applyImport, copyRecords, type ImportMode } from './gallery-import.js';
import { GALLERY_STORE, loadContent, PERSON_PREFIX, PICTURE_PREFIX, type GalleryContent } from './gallery-load.js';
import { metaChange, openMeta } from './gallery-meta.js';
import { dropPictures, removalOf } from './gallery-pictures.js';
import { faceBytes, GALLERY_BYTES_DEFAULT, needRoom, storedPersonBytes } from './gallery-memory.js';
import type { GalleryOptions, ImportOptions, Mutation, NewFace } from './gallery-options.js';
import { ImportTurn } from './import-progress.js';
import { needFreeExternalId, storedFace, storedPerson } from './find-records.js';
import { planFace, type AddedFace } from './plan-face.js';
import { planNoTwins, planTwins } from './plan-twins.js';
import type { Twins } from './twins.js';
import { planMerge } from './merge-people.js';
import { facesSince, type EnrolledFace } from './new-faces.js';
import { newPersonFields, patchedFields, type PersonInput, type PersonPatch } from './person-input.js';
import { PurgeTimer } from '../../../store/purge-timer.js';
import type { RecordStore } from '../../../store/record-store.js';
import { decodePicture, encodePerson, isUnit } from './records.js';
import type { GallerySnapshot } from './face-matrix.js';
import type { FileHeader, GalleryModel, StoredPerson, StoreMeta } from './records.js';
import type { Page } from './roster.js';
import { SerialQueue } from '../../../store/serial-queue.js';
import { sortableIds } from '../../../store/sortable-id.js';
import { SpoolFile } from './spool-file.js';
import { removalOfTwins, TWINS_BYTES, TWINS_PREFIX } from './twins.js';
import { openStore } from '../../../store/open-store.js';

export type { GalleryModel, GalleryOptions, GallerySnapshot, ImportMode, ImportOptions, NewFace, Page, PersonInput, PersonPatch };

const PURGE_DELAY_MS = 5_000;

export class Gallery {
  readonly #listeners = new Set<(snapshot: GallerySnapshot) => void>();
  readonly #removalListeners = new Set<() => void>();
  /** Whatever changes the gallery. */
  readonly #writes = new SerialQueue();
  /** Whatever needs the store's file to stay the same one for a while. May wait for `#writes`, never the other way round. */
  readonly #maintenance = new SerialQueue();
  readonly #now: () => number;
  readonly #newId: () => string;
  readonly #purgeTimer: PurgeTimer;
  readonly #exports: SharedExports;
  readonly #maxBytes: number;
  #content: GalleryContent;
  readonly #dropped = new DroppedMemory();
  #meta: StoreMeta;
  #lastRemoval = 0;
  #lastTwins = 0;
  readonly #importTurn = new ImportTurn();
  #closed: Promise<void> | undefined;

  private constructor(
    private readonly options: GalleryOptions,
    private readonly store: RecordStore,
    meta: StoreMeta,
    content: GalleryContent,
  ) {
    this.#now = options.now ?? Date.now;
    this.#newId = sortableIds(this.#now);
    this.#maxBytes = options.maxBytes ?? GALLERY_BYTES_DEFAULT;
    this.#exports = new SharedExports(options.dir, {
      version: () => this.version,
      write: (spool, begun) => this.#maintenance.run(() => this.#writeExport(spool, begun)),
    });
    this.#meta = meta;
    this.#content = content;
    this.#listenTo(content);
    const purge = (): Promise<boolean> => this.#maintenance.run(() => this.#purge());
    this.#purgeTimer = new PurgeTimer(purge, options.purgeDelayMs ?? PURGE_DELAY_MS, options.log);
    if (this.#bytes > this.#maxBytes)
      options.log?.warn({ maxBytes: this.#maxBytes }, 'the gallery takes more memory than it may: nothing can be added to it');
    // A deletion that the last process did not live to purge.
    if (meta.purge_pending) this.#purgeTimer.start(0);
  }

  /** @throws StoreOpenError with one line that tells what is wrong and what to do */
  static open(options: GalleryOptions): Promise<Gallery> {
    return openStore(options.dir, GALLERY_STORE, async (store) => {
      SpoolFile.removeLeftovers(options.dir);
      const meta = await openMeta(store, options.model);
      if (options.pictures === false) await dropPictures(store, meta);
      const content = await loadContent(store, options.model.dim);
      const { people, faces } = content.roster.size;
      if (store.count !== people + faces + content.roster.pictures + content.twins.size + 1)
        throw store.damaged('it holds records under unknown keys');
      return new Gallery(options, store, meta, content);
    });
  }

  /** The version that last lost a face: what was found in an older one may be somebody who is not in it any more. */
  get lastRemoval(): number {
    return this.#lastRemoval;
  }

  /** The version since which a search tells who somebody is: before it, people were there who are gone, or twins were taken for one. */
  get validSince(): number {
    return Math.max(this.#lastRemoval, this.#lastTwins);
  }

  /** Who was declared to be two people although they resemble each other. To be asked anew: an import brings others. */
  get twins(): Pick<Twins, 'areTwins' | 'hasTwins'> {
    return this.#content.twins;
  }

  /** The faces that came after a version; null where some were taken away or twins were declared since, or very many came. */
  facesSince(version: number): readonly EnrolledFace[] | null {
    return this.validSince > version ? null : facesSince(this.#content, version);
  }

  /** Grows with every change. */
  get version(): number {
    return this.#meta.gallery_version;
  }

  get model(): GalleryModel {
    return this.#meta.model;
  }

  get size(): { readonly people: number; readonly faces: number } {
    return this.#content.roster.size;
  }

  /** Whether pictures of faces are kept. */
  get keepsPictures(): boolean {
    return this.options.pictures ?? true;
  }

  get snapshot(): GallerySnapshot {
    return this.#content.matrix.snapshot;
  }

  /** Told of a new snapshot (other shared memory); rows appended to the present one need no telling. @returns stops the telling */
  onSnapshot(listener: (snapshot: GallerySnapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Told when people or faces have been taken away, before whoever asked for it hears so. @returns stops the telling */
  onRemoval(listener: () => void): () => void {
    this.#removalListeners.add(listener);
    return () => this.#removalListeners.delete(listener);
  }

  /** The person of a snapshot's owner index, while there is one. Called for every face: a look-up in memory. */
  owner(index: number): { readonly id: string; readonly name: string } | undefined {
    return this.#content.roster.owner(index);
  }

  /** Whether the person is there. */
  has(id: string): boolean {
    return this.#content.roster.has(id);
  }

  /** What the person is called; much cheaper than `person`, for names of every face of every frame. */
  nameOf(id: string): string | undefined {
    return this.#content.roster.nameOf(id);
  }

  person(id: string): Person | undefined {
    const person = this.#content.roster.person(id);
    return person && this.#withTwins(person);
  }

  /** In the order of their ids, which is that of their making. */
  listPeople(page: Page): { people: Person[]; next?: string } {
    const { people, ...next } = this.#content.roster.listPeople(page);
    return { people: people.map((person) => this.#withTwins(person)), ...next };
  }

  /** @throws OnlookerError NOT_FOUND */
  listFaces(personId: string, page: Page): { faces: FaceRecord[]; next?: string } {
    storedPerson(this.#content.roster, personId);
    return this.#content.roster.listFaces(personId, page);
  }

  /** The JPEG of a face, read from the disk. @throws OnlookerError NOT_FOUND, also where none is kept of it */
  async picture(personId: string, faceId: string): Promise<Uint8Array> {
    const key = PICTURE_PREFIX + storedFace(this.#content.roster, personId, faceId).id;
    const record = await this.store.read((reader) => reader.get(key));
    if (record === undefined) throw new OnlookerError('NOT_FOUND', 'No picture is kept of this face.');
    return decodePicture(record).jpeg;
  }

  /** @throws OnlookerError BAD_MESSAGE, CONFLICT (the external id is in use), GALLERY_FULL */
  async createPerson(input: PersonInput): Promise<Person> {
    const fields = newPersonFields(input);
    return this.#mutate(() => {
      needFreeExternalId(this.#content.roster, fields.external_id);
      const now = this.#now();
      const person: StoredPerson = { id: this.#newId(), ...fields, created_at: now, updated_at: now };
      this.#needRoom(storedPersonBytes(person));
      return {
        changes: [{ key: PERSON_PREFIX + person.id, value: encodePerson(person) }],
        apply: () => {
          this.#content.roster.addPerson(person);
          return this.#person(person.id);
        },
      };
    });
  }

  /** Fields that are not named stay. @throws OnlookerError NOT_FOUND, BAD_MESSAGE, CONFLICT, GALLERY_FULL */
  async updatePerson(id: string, patch: PersonPatch): Promise<Person> {
    const fields = patchedFields(patch);
    return this.#mutate(() => {
      const before = storedPerson(this.#content.roster, id);
      if (Object.keys(fields).length === 0) return { changes: [], apply: () => this.#person(id) };
      if (fields.external_id !== before.external_id) needFreeExternalId(this.#content.roster, fields.external_id);
      const person: StoredPerson = { ...before, ...fields, updated_at: this.#now() };
      this.#needRoom(storedPersonBytes(person) - storedPersonBytes(before));
      return {
        changes: [{ key: PERSON_PREFIX + id, value: encodePerson(person) }],
        apply: () => {
          this.#content.roster.updatePerson(person);
          return this.#person(id);
        },
      };
    });
  }

  /** Takes away the person and every face; what is left in the store's free pages goes soon after. @throws OnlookerError NOT_FOUND */
  async deletePerson(id: string): Promise<void> {
    return this.#mutate(() => {
      storedPerson(this.#content.roster, id);
      const faces = [...this.#content.roster.facesOf(id)];
      const pairs = this.#content.twins.pairsOf(id);
      return {
        changes: [{ key: PERSON_PREFIX + id, value: null }, ...faces.flatMap(removalOf), ...pairs.map(removalOfTwins)],
        apply: () => {
          for (const pair of pairs) this.#content.twins.remove(pair);
          this.#content.roster.removePerson(id);
          for (const face of faces) this.#content.matrix.remove(face.id);
        },
      };
    });
  }

  /**
   * Two people are one: the faces of `from` become those of `id`, one of each image, and `from` is gone. The external id
   * of `from` is taken over where `id` has none.
   * @throws OnlookerError NOT_FOUND, BAD_MESSAGE for one and the same
   */
  async mergePeople(id: string, from: string): Promise<Person> {
    if (id === from) throw new OnlookerError('BAD_MESSAGE', 'A person cannot be merged with itself.');
    return this.#mutate(() => {
      const before = storedPerson(this.#content.roster, id);
      const gone = storedPerson(this.#content.roster, from);
      const kept = { ...before, external_id: before.external_id ?? gone.external_id, updated_at: this.#now() };
      const { changes, apply } = planMerge(this.#content, kept, gone, this.model.dim, (key) => this.store.get(key));
      return {
        changes,
        apply: () => {
          apply();
          return this.#person(id);
        },
      };
    });
  }

  /**
   * The two are two people, although they resemble each other: a face that reaches the threshold of both is `ambiguous`, and
   * either may be enrolled with faces that the other matches. Declared already, nothing changes.
   * @throws OnlookerError NOT_FOUND, BAD_MESSAGE for one and the same, LIMIT_REACHED, GALLERY_FULL
   */
  async declareTwins(id: string, other: string): Promise<Person> {
    return this.#mutate(() => {
      const { changes, apply } = planTwins(this.#content, id, [other]);
      this.#needRoom(changes.length * TWINS_BYTES);
      return {
        changes,
        apply: () => {
          apply();
          return this.#person(id);
        },
      };
    });
  }

  /** @throws OnlookerError as `declareTwins` */
  assertCanBeTwins(id: string, others: readonly string[]): void {
    planTwins(this.#content, id, others);
  }

  /** They are told apart as any two people are. @throws OnlookerError NOT_FOUND also where they are no twins */
  async undeclareTwins(id: string, other: string): Promise<void> {
    return this.#mutate(() => planNoTwins(this.#content, id, other));
  }

  /**
   * Seen by every search that begins after this resolves.
   * @returns the face that is there, with `created` false, when the person has one of the same image
   * @throws OnlookerError NOT_FOUND; CONFLICT when somebody who came after the search matches better; GALLERY_FULL; as `declareTwins`
   */
  async addFace(personId: string, face: NewFace): Promise<AddedFace> {
    // A copy: the caller's memory may be reused while the commit is waited for.
    const embedding = face.embedding.slice();
    if (embedding.length !== this.model.dim || !isUnit(embedding))
      throw new RangeError('the embedding is not a unit vector of the model');
    return this.#mutate(() => {
      const made = { id: this.#newId(), atMs: this.#now(), keepsPictures: this.keepsPictures };
      const planned = planFace(this.#content, personId, face, embedding, made);
      const newTwins = planned.changes.filter(({ key }) => key.startsWith(TWINS_PREFIX)).length;
      const isNew = planned.changes.length > newTwins;
      this.#needRoom((isNew ? faceBytes(this.model.dim) : 0) + newTwins * TWINS_BYTES);
      return planned;
    });
  }

  /** @throws OnlookerError NOT_FOUND */
  async deleteFace(personId: string, faceId: string): Promise<void> {
    return this.#mutate(() => {
      const face = storedFace(this.#content.roster, personId, faceId);
      return {
        changes: removalOf(face),
        apply: () => {
          this.#content.roster.removeFace(face);
          this.#content.matrix.remove(faceId);
        },
      };
    });
  }

  /**
   * The whole gallery as one file, as it was when the reading began; a slow reader holds nothing up. Nothing is done before the
   * first chunk is asked for.
   * @throws OnlookerError OVERLOADED while slow readers hold older exports; DISK_FULL, DRAINING
   */
  async *exportAll(): AsyncGenerator<Uint8Array> {
    this.#refuseWhenClosed();
    yield* this.#exports.read();
  }

  /**
   * All of a file or nothing, one file at a time. Changes wait while it is applied; searches go on.
   * @throws OnlookerError BAD_GALLERY for a file that is damaged or of another model; GALLERY_FULL, DISK_FULL; OVERLOADED while
   *   another one is imported; the reason of the signal
   */
  async importAll(
    source: AsyncIterable<Uint8Array>,
    mode: ImportMode,
    { signal, announcedBytes = 0 }: ImportOptions = {},
  ): Promise<ImportReport> {
    const progress = this.#importTurn.begin(announcedBytes);
    try {
      const spool = await SpoolFile.create(this.options.dir, signal);
      try {
        for await (const chunk of progress.counting(source)) await spool.append(chunk);
        await checkGalleryFile(spool, this.model, this.#maxBytes);
        this.#refuseWhenClosed();
        const report = await this.#maintenance.run(() => this.#writes.run(() => this.#applyImport(spool, mode, signal)));
        progress.isApplied();
        return report;
      } finally {
        await spool.close();
      }
    } finally {
      this.#importTurn.end();
    }
  }

  /** Waits for what is being written, purges what was deleted, and lets go of the directory. */
  close(): Promise<void> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  /** Plans on memory, commits, then changes memory; one after the other, so that every plan sees all that came before. */
  #mutate<T>(plan: () => Mutation<T>): Promise<T> {
    this.#refuseWhenClosed();
    return this.#writes.run(async () => {
      const { changes, apply } = plan();
      if (changes.length === 0) return apply();
      const removes = changes.some((change) => change.value === null);
      const meta: StoreMeta = {
        ...this.#meta,
        gallery_version: this.#meta.gallery_version + 1,
        purge_pending: this.#meta.purge_pending || removes,
      };
      await this.store.commit([...changes, metaChange(meta)]);
      this.#meta = meta;
      const result = apply();
      // Who was taken for one before is two now, or the other way round.
      if (changes.some(({ key }) => key.startsWith(TWINS_PREFIX))) this.#lastTwins = this.version;
      this.#content.matrix.setVersion(meta.gallery_version);
      if (removes) this.#purgeTimer.start();
      if (changes.some(({ key, value }) => value === null && !key.startsWith(TWINS_PREFIX))) this.#removed();
      return result;
    });
  }

  /** What people and faces take of memory at most. */
  get #bytes(): number {
    const { roster, twins } = this.#content;
    return roster.peopleBytes + twins.size * TWINS_BYTES + roster.size.faces * faceBytes(this.model.dim);
  }

  #needRoom(more: number): void {
    if (more > 0) needRoom(this.#bytes + more, this.#maxBytes);
  }

  async #writeExport(spool: SpoolFile, begun: (version: number) => void): Promise<void> {
    // No commit is in flight here: the view and the counts are of the same moment.
    const { view, header } = await this.#writes.run(() => ({ view: this.store.view(), header: this.#fileHeader() }));
    begun(header.gallery_version);
    await exportView(spool, header, view);
  }

  #fileHeader(): FileHeader {
    const { roster, twins } = this.#content;
    const { pictures, size } = roster;
    const counts = { ...size, ...(pictures > 0 && { pictures }), ...(twins.size > 0 && { twins: twins.size }) };
    return { model: this.model, ...counts, gallery_version: this.version, created_at: this.#now() };
  }

  async #applyImport(spool: SpoolFile, mode: ImportMode, signal: AbortSignal | undefined): Promise<ImportReport> {
    const before = this.#content;
    const meta: StoreMeta = { ...this.#meta, gallery_version: this.version + 1, purge_pending: false };
    const bounds = { maxBytes: this.#maxBytes, keepPictures: this.keepsPictures, signal };
    const { report, content } = await applyImport(this.store, spool, mode, before, meta, bounds);
    if (content === before) return report;
    this.#meta = meta;
    this.#content = content;
    if (before.twins.size > 0 || content.twins.size > 0) this.#lastTwins = this.version;
    this.#listenTo(content);
    this.#tell(content.matrix.snapshot);
    if (mode === 'replace') {
      this.#removed();
      await before.matrix.clear();
    }
    this.#dropped.add(before.matrix.bytes);
    return report;
  }

  /** Writes the store's file anew, without what was deleted. Changes go on but for the last moment. @returns whether it must be done again */
  async #purge(): Promise<boolean> {
    if (!this.#meta.purge_pending) return false;
    let pending = true;
    await this.store.replace({
      addedBytes: 0,
      fill: (replacement) => copyRecords(this.store, replacement),
      alone: (job) =>
        this.#writes.run(async () => {
          await job();
          this.#meta = { ...this.#meta, purge_pending: pending };
        }),
      settle: (removed) => {
        pending = removed;
        return [metaChange({ ...this.#meta, purge_pending: pending })];
      },
    });
    return pending;
  }

  async #finish(): Promise<void> {
    await this.#writes.idle();
    await this.#purgeTimer.close();
    await this.#maintenance.idle();
    await this.store.close();
  }

  #listenTo(content: GalleryContent): void {
    content.matrix.loadedAt(this.version);
    content.matrix.onSnapshot = (snapshot) => this.#tell(snapshot);
  }

  #tell(snapshot: GallerySnapshot): void {
    for (const listener of this.#listeners) this.#guard(() => listener(snapshot));
  }

  #removed(): void {
    this.#lastRemoval = this.version;
    for (const listener of this.#removalListeners) this.#guard(listener);
  }

  /** A listener that fails is not the gallery's failure: the change it is told of is already made. */
  #guard(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.options.log?.warn({ err: error }, 'a listener of the gallery failed');
    }
  }

  #person(id: string): Person {
    const person = this.#content.roster.person(id);
    if (person === undefined) throw new OnlookerError('NOT_FOUND', 'There is no such person.');
    return this.#withTwins(person);
  }

  #withTwins(person: Person): Person {
    const twins = this.#content.twins.of(person.id);
    return twins.length === 0 ? person : { ...person, twins };
  }

  #refuseWhenClosed(): void {
    if (this.#closed !== undefined) throw new OnlookerError('DRAINING', 'The gallery is closed.');
  }
}
