// What is written and what changes in memory when a face is added to a person. It commits nothing itself.
import type { FaceRecord } from '../../../../protocol/people.js';
import { FACE_PREFIX, PICTURE_PREFIX, type GalleryContent } from './gallery-load.js';
import type { Mutation, NewFace } from './gallery-options.js';
import { planTwins } from './plan-twins.js';
import { encodeFace, encodePicture, PICTURE_BYTES_MAX, type StoredFace } from './records.js';
import { faceRecord } from './roster.js';
import { assertNobodyElseCame } from './somebody-else.js';

export type AddedFace = { readonly face: FaceRecord; readonly created: boolean };

/**
 * @param embedding of the face, in memory that nobody changes
 * @param made id and time of the new record
 * @throws OnlookerError CONFLICT when somebody who came after the search matches better; as `planTwins`
 */
export function planFace(
  content: GalleryContent,
  personId: string,
  face: NewFace,
  embedding: Float32Array,
  made: { readonly id: string; readonly atMs: number; readonly keepsPictures: boolean },
): Mutation<AddedFace> {
  const { roster, matrix } = content;
  const twins = planTwins(content, personId, face.twinOf ?? []);
  const known = roster.facesOf(personId).find((other) => other.image_sha256 === face.imageSha256);
  if (known !== undefined) {
    const apply = (): AddedFace => {
      twins.apply();
      return { face: faceRecord(known), created: false };
    };
    return { changes: twins.changes, apply };
  }
  assertNobodyElseCame(content, personId, embedding, face);
  const [x, y, width, height] = face.box;
  const picture = made.keepsPictures && (face.picture?.length ?? Infinity) <= PICTURE_BYTES_MAX ? face.picture : undefined;
  const stored: StoredFace = {
    id: made.id,
    person: personId,
    quality: face.quality,
    box: [x, y, width, height],
    image_sha256: face.imageSha256,
    created_at: made.atMs,
    ...(picture && { picture: true }),
  };
  return {
    changes: [
      { key: FACE_PREFIX + stored.id, value: encodeFace(stored, embedding) },
      ...(picture ? [{ key: PICTURE_PREFIX + stored.id, value: encodePicture(stored.id, picture) }] : []),
      ...twins.changes,
    ],
    apply: () => {
      twins.apply();
      const owner = roster.addFace(stored);
      if (owner !== undefined) matrix.append(stored.id, owner, embedding);
      return { face: faceRecord(stored), created: true };
    },
  };
}
