// A gallery file of people who do not exist, written as an export is: the quick way to a large gallery.
import { writeGalleryFile } from '../pipeline/tasks/faces/gallery/gallery-file.js';
import type { GalleryModel } from '../pipeline/tasks/faces/gallery/gallery.js';
import { encodeFace, encodePerson } from '../pipeline/tasks/faces/gallery/records.js';
import { SpoolFile } from '../pipeline/tasks/faces/gallery/spool-file.js';
import type { StoreRecord } from '../pipeline/store/record-store.js';
import { strangerFaces } from './stranger-faces.js';

const FACE_BOX = [0, 0, 112, 112] as const;
const FACES_A_RECORD_CHUNK = 256;

/**
 * An exported gallery of strangers with a face each.
 * @param dir for a temporary file
 */
export async function* exportOfStrangers(dir: string, model: GalleryModel, faces: number): AsyncGenerator<Uint8Array> {
  const face = strangerFaces(model.dim);
  const spool = await SpoolFile.create(dir);
  const idOf = (index: number): string => `stranger-${String(index).padStart(7, '0')}`;
  const sha256Of = (index: number): string => index.toString(16).padStart(64, 'f');
  const records = async function* (make: (index: number) => Buffer): AsyncGenerator<readonly StoreRecord[]> {
    for (let from = 0; from < faces; from += FACES_A_RECORD_CHUNK) {
      const count = Math.min(FACES_A_RECORD_CHUNK, faces - from);
      yield Array.from({ length: count }, (_, index) => ({ key: idOf(from + index), value: make(from + index) }));
      await Promise.resolve();
    }
  };
  const times = { created_at: 0, updated_at: 0 };
  const personRecord = (index: number): Buffer =>
    encodePerson({ id: idOf(index), name: `Stranger ${index}`, external_id: null, metadata: {}, ...times });
  const faceRecord = (index: number): Buffer => {
    const stored = { id: idOf(index), person: idOf(index), quality: 1, box: [...FACE_BOX] as [number, number, number, number] };
    return encodeFace({ ...stored, image_sha256: sha256Of(index), created_at: 0 }, face(index));
  };
  try {
    const header = { model, people: faces, faces, gallery_version: 1, created_at: 0 };
    const content = { people: records(personRecord), faces: records(faceRecord), pictures: none(), twins: none() };
    await writeGalleryFile(spool, header, content);
    yield* spool.read();
  } finally {
    await spool.close();
  }
}

async function* none(): AsyncGenerator<readonly StoreRecord[]> {
  // Faces without pictures, and nobody has a twin: nothing to yield.
}
