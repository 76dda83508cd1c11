// Enrolling a face: exactly one face, good enough, and nobody else's.
import { createHash, webcrypto } from 'node:crypto';
import { OnlookerError } from '../protocol/errors.js';
import { assertEnrollable, qualityOf, type QualityGate } from './face-quality.js';
import type { WorkedFrame } from './frame-engine.js';
import type { Candidate } from '../protocol/payloads.js';
import type { FaceRecord } from '../protocol/people.js';
import { candidatesOf } from './answers.js';
import { boxOf } from './face-box.js';
import type { Gallery } from './gallery/gallery.js';
import type { Evidence } from './tracking/votes.js';

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
  assertNobodyElse(candidatesOf(answer, gallery), personId, matchThreshold);
  return gallery.addFace(personId, {
    embedding: answer.embedding,
    quality: qualityOf(answer.measures),
    box: boxOf(face),
    imageSha256: sha256,
  });
}

/** Enough to know somebody from several sides; more of one visit would be the same again. */
const MOST_SEEN_FACES = 3;

/**
 * Adds the best faces that were seen of a track to a person.
 * @param seen best first
 * @returns those that were added, or were there already: at least one
 * @throws OnlookerError what kept the best of them out: LOW_QUALITY, CONFLICT, NOT_FOUND
 */
export async function enrolSeen(
  gallery: Gallery,
  personId: string,
  seen: readonly Evidence[],
  gate: QualityGate,
  matchThreshold: number,
): Promise<readonly FaceRecord[]> {
  let refusal: unknown = new OnlookerError('LOW_QUALITY', 'No face of this track was good enough to look at.');
  const good = seen.filter(({ measures, candidates }) => {
    try {
      assertEnrollable(measures, gate);
      assertNobodyElse(candidates, personId, matchThreshold);
      return true;
    } catch (error) {
      refusal = error;
      return false;
    }
  });
  if (good.length === 0) throw refusal;
  const added: FaceRecord[] = [];
  for (const { embedding, quality, box } of good.slice(0, MOST_SEEN_FACES)) {
    // There is no image any more; the embedding stands for it, so that the same face is not enrolled twice.
    const imageSha256 = createHash('sha256').update(embedding).digest('hex');
    added.push((await gallery.addFace(personId, { embedding, quality, box, imageSha256 })).face);
  }
  return added;
}

/** @throws OnlookerError CONFLICT when somebody else is the more similar person */
function assertNobodyElse([best]: readonly Candidate[], personId: string, matchThreshold: number): void {
  if (best !== undefined && best.id !== personId && best.similarity >= matchThreshold) {
    throw new OnlookerError('CONFLICT', 'The face matches somebody else better.', {
      person: best.id,
      similarity: Math.round(best.similarity * 1000) / 1000,
    });
  }
}
