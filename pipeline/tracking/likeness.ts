// Whether two faces are one person's, by their embeddings. Soft and small faces all look somewhat alike, so they must be
// more alike than good ones to be taken for the same, and are never taken for different people. Pure.
import type { FaceTrack } from './face-track.js';
import type { TrackingThresholds } from './tracking-options.js';
import { cosine, type Evidence } from './votes.js';

type Rule = Pick<TrackingThresholds, 'sameFace' | 'sameSoftFace' | 'otherFace' | 'voteQuality' | 'clearQuality'>;

/**
 * How much more alike a face and the most similar of a track's are than they have to be to be one person's; negative where
 * they are not. The most similar one: heads turn, and no mean is like a profile and a front.
 */
export function likenessTo(known: readonly Evidence[], face: Evidence, rule: Rule): number {
  let most = -Infinity;
  if (face.quality < rule.voteQuality) return most;
  for (const one of known) {
    if (one.quality < rule.voteQuality) continue;
    const isClear = Math.min(one.quality, face.quality) >= rule.clearQuality;
    most = Math.max(most, cosine(one.embedding, face.embedding) - (isClear ? rule.sameFace : rule.sameSoftFace));
  }
  return most;
}

/** Whether this face is surely not the track's: both are clear, and no face of the track is anything like it. */
export function isAnother({ best, votes }: FaceTrack, face: Evidence, rule: Rule): boolean {
  if (face.quality < rule.clearQuality) return false;
  const known = [...best, ...votes];
  return (
    known.some(({ quality }) => quality >= rule.clearQuality) &&
    known.every(({ embedding, quality }) => quality < rule.voteQuality || cosine(embedding, face.embedding) <= rule.otherFace)
  );
}

/** Of these tracks the one that the face looks most like; undefined where it looks like none. */
export function mostAlike(tracks: readonly FaceTrack[], face: Evidence, rule: Rule): FaceTrack | undefined {
  let found: FaceTrack | undefined;
  let most = 0;
  for (const track of tracks) {
    const likeness = likenessTo(track.best, face, rule);
    if (likeness < most) continue;
    most = likeness;
    found = track;
  }
  return found;
}
