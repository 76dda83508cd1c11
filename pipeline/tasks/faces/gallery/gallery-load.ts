// The store's records as memory needs them: the roster and the matrix, built anew at the start and after an import.
// It reads in small chunks, so that the main thread goes on meanwhile, and changes nothing.
import { FaceMatrix } from './face-matrix.js';
import { mendedName } from '../../../../protocol/name-text.js';
import { decodeFace, decodePerson, decodeTwins, type StoredPerson } from './records.js';
import { Roster } from './roster.js';
import { Twins, TWINS_PREFIX, twinsKey } from './twins.js';
import { DamagedRecordError } from '../../../store/sealed-record.js';
import type { StoreKind, StoreRecord } from '../../../store/record-store.js';

export const GALLERY_STORE: StoreKind = {
  file: 'gallery',
  name: 'gallery',
  whenDamaged: 'put back a copy of its gallery.mdb, or move that file away, start again and import the last export.',
};

export const PERSON_PREFIX = 'person:';
export const FACE_PREFIX = 'face:';
/** Pictures are read one by one when somebody asks; none is ever loaded. */
export const PICTURE_PREFIX = 'picture:';

export interface GalleryContent {
  readonly roster: Roster;
  readonly matrix: FaceMatrix;
  readonly twins: Twins;
}
interface RecordSource {
  chunks(prefix: string): AsyncIterable<readonly StoreRecord[]>;
}

/**
 * @param previous what is in memory now: its people keep their owner index, and its snapshots are followed by later ones
 * @throws DamagedRecordError
 */
export async function loadContent(source: RecordSource, dim: number, previous?: GalleryContent): Promise<GalleryContent> {
  const roster = new Roster(previous?.roster.nextOwner ?? 0);
  const matrix = new FaceMatrix(dim, (previous?.matrix.snapshot.generation ?? 0) + 1);
  const externalIds = new Set<string>();
  for await (const records of source.chunks(PERSON_PREFIX)) {
    for (const { key, value } of records) {
      const person = decodePerson(value);
      if (key !== PERSON_PREFIX + person.id) throw new DamagedRecordError(`person ${person.id} is under a wrong key`);
      if (person.external_id !== null) {
        if (externalIds.has(person.external_id))
          throw new DamagedRecordError(`person ${person.id}: the external id is in use twice`);
        externalIds.add(person.external_id);
      }
      roster.addPerson(withOwnExternalId(person, roster), previous?.roster.ownerOf(person.id));
    }
  }
  for await (const records of source.chunks(FACE_PREFIX)) {
    for (const { key, value } of records) {
      const { face, embedding } = decodeFace(value, dim);
      const owner = roster.addFace(face);
      if (key !== FACE_PREFIX + face.id || owner === undefined) throw new DamagedRecordError(`face ${face.id} belongs to nobody`);
      matrix.append(face.id, owner, embedding);
    }
  }
  const twins = new Twins();
  for await (const records of source.chunks(TWINS_PREFIX)) {
    for (const { key, value } of records) {
      const pair = decodeTwins(value);
      if (key !== twinsKey(pair) || !pair.people.every((id) => roster.has(id)))
        throw new DamagedRecordError('twins are under a wrong key, or are nobody');
      twins.add(pair);
    }
  }
  return { roster, matrix, twins };
}

/**
 * Its external id as the door would have it. Of two that older versions took for two, and that are one so, the later keeps its own form:
 * nobody loses what they are known by elsewhere.
 */
function withOwnExternalId(person: StoredPerson, roster: Roster): StoredPerson {
  if (person.external_id === null || roster.personOfExternalId(person.external_id) !== undefined) return person;
  return { ...person, external_id: mendedName(person.external_id) };
}
