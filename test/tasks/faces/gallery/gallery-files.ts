// Gallery files of any content, right or wrong, written from the page in docs/ alone.
import { createHash } from 'node:crypto';
import {
  encodeFace,
  encodeFileHeader,
  encodePerson,
  type StoredFace,
  type StoredPerson,
} from '../../../../pipeline/tasks/faces/gallery/records.js';
import { MODEL, unitVector } from './vectors.js';

/** A record as it stands in the file. */
export function frame(kind: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(kind, 0);
  head.writeUInt32LE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

/** A gallery file written from the page in docs/ alone, with a right checksum. */
export function fileOf(records: readonly Buffer[], preamble = 'ONLKGLRY\x01\0\0\0'): Buffer {
  const body = Buffer.concat([Buffer.from(preamble, 'latin1'), ...records]);
  return Buffer.concat([body, frame(4, createHash('sha256').update(body).digest())]);
}
export const header = (people: number, faces: number, model = MODEL): Buffer =>
  frame(1, encodeFileHeader({ model, people, faces, gallery_version: 3, created_at: 1 }));
export const person = (id: string, more: Partial<StoredPerson> = {}): Buffer =>
  frame(2, encodePerson({ id, name: 'A', external_id: null, metadata: {}, created_at: 1, updated_at: 2, ...more }));
export const face = (id: string, owner: string, more: Partial<StoredFace> = {}, embedding = unitVector(1)): Buffer =>
  frame(
    3,
    encodeFace(
      {
        id,
        person: owner,
        quality: 1,
        box: [0, 0, 1, 1],
        image_sha256: createHash('sha256').update(id).digest('hex'),
        created_at: 1,
        ...more,
      },
      embedding,
    ),
  );
