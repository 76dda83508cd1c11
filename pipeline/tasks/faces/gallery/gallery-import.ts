// What an import does to a gallery: worked out from a checked file before anything is written, then written as a whole
// new store that takes the place of the present one. It never changes the present store or memory.
import { OnlookerError } from '../../../../protocol/errors.js';
import type { ImportReport } from '../../../../protocol/people.js';
import { recordsOf, type FileRecord } from './gallery-file.js';
import { faceBytes, needRoom, storedPersonBytes } from './gallery-memory.js';
import { FACE_PREFIX, loadContent, PERSON_PREFIX, PICTURE_PREFIX, type GalleryContent } from './gallery-load.js';
import { metaChange } from './gallery-meta.js';
import { faceWithoutPicture } from './gallery-pictures.js';
import type { Change, RecordStore, StoreReplacement } from '../../../store/record-store.js';
import type { StoreMeta, TwinPair } from './records.js';
import type { SpoolFile } from './spool-file.js';
import { additionOf, twinPair, Twins, TWINS_BYTES, TWINS_PREFIX } from './twins.js';

/** Records written in one transaction. */
const WRITE_RECORDS = 64;
/** Of the people who were kept, so many are named in the answer. */
const KEPT_TOLD_MAX = 10_000;

export type ImportMode = 'merge' | 'replace';

export interface ImportBounds {
  /** Memory that the gallery may take afterwards. */
  readonly maxBytes: number;
  /** Whether pictures of the file are taken in. */
  readonly keepPictures: boolean;
  /** Aborted before the new store takes its place, nothing is changed; after that it comes too late. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Puts a store in the place of the present one that also holds what the (checked) file adds, or holds that alone.
 * No commit may run meanwhile.
 * @param before what is in memory now @param meta of the new store
 * @returns the new content of memory; `before` where the file adds nothing and nothing was written
 * @throws OnlookerError BAD_GALLERY, GALLERY_FULL, DISK_FULL; the reason of the signal
 */
export async function applyImport(
  store: RecordStore,
  spool: SpoolFile,
  mode: ImportMode,
  before: GalleryContent,
  meta: StoreMeta,
  { maxBytes, keepPictures, signal }: ImportBounds,
): Promise<{ report: ImportReport; content: GalleryContent }> {
  const { dim } = meta.model;
  const { report, kept, newTwins, bytes } = await planImport(spool, dim, mode, before);
  const { roster, twins } = before;
  const present = roster.peopleBytes + roster.size.faces * faceBytes(dim) + twins.size * TWINS_BYTES;
  if (mode === 'merge') needRoom(present + bytes, maxBytes);
  let content = before;
  if (mode === 'merge' && report.added === 0) return { report, content };
  await store.replace({
    // An embedding that does not fit into a page beside others fills pages of its own.
    addedBytes: spool.bytes * 2,
    fill: async (replacement) => {
      if (mode === 'merge') await copyRecords(store, replacement);
      await writeImported(spool, dim, { kept, keepPictures }, replacement);
      await replacement.write(newTwins.map(additionOf));
      // From what was written, before it counts: what cannot be read back is not adopted.
      content = await loadContent(replacement, dim, before);
    },
    alone: (job) => {
      signal?.throwIfAborted();
      return job();
    },
    settle: () => [metaChange(meta)],
  });
  return { report, content };
}

interface ImportPlan {
  readonly report: ImportReport;
  /** People of the file who are not taken in. */
  readonly kept: ReadonlySet<string>;
  /** Pairs that it brings, by the ids that people have here. */
  readonly newTwins: readonly TwinPair[];
  /** Memory for all that is taken in. */
  readonly bytes: number;
}

/**
 * In `merge`, a person that is here stays as it is, and so does one whose external id is here under another id: the
 * external id says who somebody is, and the same human twice would make every match of that face ambiguous.
 * @throws OnlookerError BAD_GALLERY when a new person's face has the id of somebody else's
 */
async function planImport(
  spool: SpoolFile,
  dim: number,
  mode: ImportMode,
  { roster, twins }: GalleryContent,
): Promise<ImportPlan> {
  let added = 0;
  let replaced = 0;
  let faces = 0;
  let bytes = 0;
  /** People of the file who are here already, and under which id. */
  const kept = new Map<string, string>();
  const twinsAfter = new Twins(mode === 'merge' ? twins.pairs() : []);
  const newTwins: TwinPair[] = [];
  for await (const record of recordsOf(spool, dim)) {
    if (record.kind === 'person') {
      const { id, external_id } = record.person;
      const isHere = roster.has(id);
      const idHere = isHere ? id : external_id === null ? undefined : roster.personOfExternalId(external_id);
      if (mode === 'merge' && idHere !== undefined) {
        kept.set(id, idHere);
        continue;
      }
      bytes += storedPersonBytes(record.person);
      if (isHere) replaced++;
      else added++;
    } else if (record.kind === 'face' && !kept.has(record.face.person)) {
      if (mode === 'merge' && roster.hasFace(record.face.id)) {
        throw new OnlookerError(
          'BAD_GALLERY',
          `Face ${record.face.id} of the gallery file is here under another person. Nothing was changed.`,
        );
      }
      bytes += faceBytes(dim);
      faces++;
    } else if (record.kind === 'twins' && !record.pair.people.every((id) => kept.has(id))) {
      // Of somebody who is here and somebody who comes: also those are two.
      const [one, other] = record.pair.people.map((id) => kept.get(id) ?? id) as [string, string];
      const pair = twinPair(one, other);
      if (one === other || twinsAfter.areTwins(one, other) || !twinsAfter.hasRoomFor([pair])) continue;
      twinsAfter.add(pair);
      newTwins.push(pair);
      bytes += TWINS_BYTES;
    }
  }
  const more = kept.size - KEPT_TOLD_MAX;
  const told = [...kept.keys()].slice(0, KEPT_TOLD_MAX);
  const report = { added, replaced, kept: told, ...(more > 0 && { kept_more: more }), faces };
  return { report, kept: new Set(kept.keys()), newTwins, bytes };
}

/** Writes the people, faces and pictures that the file adds into the replacement. */
async function writeImported(
  spool: SpoolFile,
  dim: number,
  { kept, keepPictures }: { readonly kept: ReadonlySet<string>; readonly keepPictures: boolean },
  replacement: StoreReplacement,
): Promise<void> {
  const skippedFaces = new Set<string>();
  const changeOf = (record: FileRecord): Change | null => {
    if (record.kind === 'person') {
      const { id } = record.person;
      return kept.has(id) ? null : { key: PERSON_PREFIX + id, value: record.value };
    }
    if (record.kind === 'face') {
      const { face, value } = record;
      if (kept.has(face.person)) {
        skippedFaces.add(face.id);
        return null;
      }
      return { key: FACE_PREFIX + face.id, value: keepPictures ? value : faceWithoutPicture(value, dim) };
    }
    if (record.kind === 'twins') return null;
    return keepPictures && !skippedFaces.has(record.face) ? { key: PICTURE_PREFIX + record.face, value: record.value } : null;
  };
  let changes: Change[] = [];
  for await (const record of recordsOf(spool, dim)) {
    const change = changeOf(record);
    if (change !== null) changes.push(change);
    if (changes.length < WRITE_RECORDS) continue;
    await replacement.write(changes);
    changes = [];
  }
  await replacement.write(changes);
}

/** Copies every person, face, picture and pair of twins that is in the store. */
export async function copyRecords(store: RecordStore, replacement: StoreReplacement): Promise<void> {
  for (const prefix of [PERSON_PREFIX, FACE_PREFIX, PICTURE_PREFIX, TWINS_PREFIX]) {
    for await (const records of store.chunks(prefix)) await replacement.write(records);
  }
}
