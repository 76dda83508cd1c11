// Small pictures of enrolled faces in the store: a record of its own beside each face's, read when somebody asks for it and
// never held in memory; and how all of them go when the service is told to keep none.
import { FACE_PREFIX, PERSON_PREFIX, PICTURE_PREFIX } from './gallery-load.js';
import { holdsAny, metaChange } from './gallery-meta.js';
import { decodeFace, encodeFace, type StoredFace, type StoreMeta } from './records.js';
import type { Change, RecordStore } from '../../../store/record-store.js';
import { TWINS_PREFIX } from './twins.js';

/** What goes when a face does. */
export function removalOf(face: StoredFace): Change[] {
  const keys = [FACE_PREFIX + face.id, ...(face.picture ? [PICTURE_PREFIX + face.id] : [])];
  return keys.map((key) => ({ key, value: null }));
}

/** A face's record that says nothing of a picture. @throws DamagedRecordError */
export function faceWithoutPicture(record: Buffer, dim: number): Buffer {
  const { face, embedding } = decodeFace(record, dim);
  const { picture, ...rest } = face;
  return picture === undefined ? record : encodeFace(rest, embedding);
}

/** Writes the store anew without pictures, where there are any. No commit may run meanwhile. */
export async function dropPictures(store: RecordStore, meta: StoreMeta): Promise<void> {
  if (!(await holdsAny(store, PICTURE_PREFIX))) return;
  const { dim } = meta.model;
  await store.replace({
    addedBytes: 0,
    fill: async (replacement) => {
      for (const prefix of [PERSON_PREFIX, TWINS_PREFIX]) {
        for await (const records of store.chunks(prefix)) await replacement.write(records);
      }
      for await (const records of store.chunks(FACE_PREFIX)) {
        await replacement.write(records.map(({ key, value }) => ({ key, value: faceWithoutPicture(value, dim) })));
      }
    },
    alone: (job) => job(),
    settle: () => [metaChange(meta)],
  });
}
