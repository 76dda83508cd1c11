// Whom a change of the gallery concerns: an enrolment is to be seen in the next frame, and without it a track would be
// embedded anew whenever anybody anywhere is enrolled. Pure.
import { cosine } from '../../../geometry/cosine.js';
import type { EnrolledFace } from '../gallery/new-faces.js';
import type { FaceTrack } from './face-track.js';

/** Of the match threshold: what is less like a track than that will not be its person in the next frame either. */
const LIKELY = 0.5;

/** Whether a track may be named otherwise now that these faces are in the gallery. @param match least cosine of a named person */
export function isConcerned({ verdict, looks, votes }: FaceTrack, faces: readonly EnrolledFace[], match: number): boolean {
  const seen = [...looks, ...votes];
  if (seen.length === 0) return faces.length > 0;
  return faces.some(
    ({ person, embedding }) =>
      person !== verdict.person?.id && seen.some((face) => cosine(face.embedding, embedding) >= LIKELY * match),
  );
}
