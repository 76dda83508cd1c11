// Enrolling a face: exactly one face, good enough, and nobody else's.
import { webcrypto } from 'node:crypto';
import { OnlookerError } from '../protocol/errors.js';
import { assertEnrollable, qualityOf, type QualityGate } from './face-quality.js';
import type { WorkedFrame } from './frame-engine.js';
import type { FaceRecord } from '../protocol/people.js';
import { matchesSomebodyElse, type Gallery } from './gallery/gallery.js';

/** sha256 of an image's bytes, lower-case hex; computed off the main thread. */
export async function imageSha256(image: Uint8Array): Promise<string> {
  const digest = await webcrypto.subtle.digest('SHA-256', image);
  return Buffer.from(digest).toString('hex');
}

/**
 * Adds the one face of a worked frame to a person.
 * @param frame worked with `want: 'all'`
 * @param matchThreshold cosine from which a face counts as somebody's
 * @throws OnlookerError NO_FACE, SEVERAL_FACES, LOW_QUALITY, CONFLICT, NOT_FOUND
 */
export async function enrolFace(
  gallery: Gallery,
  personId: string,
  frame: WorkedFrame,
  sha256: string,
  gate: QualityGate,
  matchThreshold: number,
): Promise<{ readonly face: FaceRecord; readonly created: boolean }> {
  const [found, ...others] = frame.faces;
  if (found === undefined) throw new OnlookerError('NO_FACE', 'No face was found in the image.');
  if (others.length > 0) {
    throw new OnlookerError('SEVERAL_FACES', `${frame.faces.length} faces were found; an image to enrol shows one.`, {
      faces: frame.faces.length,
    });
  }
  const { face, answer } = found;
  if (answer.measures === undefined || answer.embedding === undefined) throw new OnlookerError('INTERNAL');
  assertEnrollable(answer.measures, gate);
  const known = (answer.matches ?? []).flatMap(({ owner, similarity }) => {
    const person = gallery.owner(owner);
    return person === undefined ? [] : [{ id: person.id, similarity }];
  });
  const [best] = known;
  if (best !== undefined && best.id !== personId && best.similarity >= matchThreshold) {
    throw matchesSomebodyElse(best.id, best.similarity);
  }
  const own = known.find(({ id }) => id === personId)?.similarity ?? -1;
  return gallery.addFace(personId, {
    embedding: answer.embedding,
    quality: qualityOf(answer.measures),
    box: [face.x1, face.y1, face.x2 - face.x1, face.y2 - face.y1],
    imageSha256: sha256,
    searched: { galleryVersion: answer.galleryVersion ?? 0, match: matchThreshold, own },
  });
}
