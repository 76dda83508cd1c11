// Whether two faces are one person's, by their embeddings. Soft and small faces all look somewhat alike, so they must be
// more alike than clear ones to be taken for the same, and alone are never taken for different people. Pure.
import { cosine } from '../../../geometry/cosine.js';
import { isRecognisable } from '../face-quality.js';
import type { FaceTrack } from './face-track.js';
import type { TrackingThresholds } from './tracking-options.js';
import type { Evidence } from './votes.js';

type Rule = Pick<TrackingThresholds, 'sameFace' | 'sameSoftFace' | 'otherFace' | 'otherLead' | 'clearQuality'>;

const areClear = (a: Evidence, b: Evidence, { clearQuality }: Rule): boolean => Math.min(a.quality, b.quality) >= clearQuality;

/**
 * How much more alike a face and the most similar of some others are than they have to be to be one person's; negative
 * where they are not. The most similar one: heads turn, and no mean is like a profile and a front.
 */
export function likenessTo(looks: readonly Evidence[], face: Evidence, rule: Rule): number {
  if (!isRecognisable(face.measures)) return -Infinity;
  let most = -Infinity;
  for (const look of looks) {
    const least = areClear(look, face, rule) ? rule.sameFace : rule.sameSoftFace;
    most = Math.max(most, cosine(look.embedding, face.embedding) - least);
  }
  return most;
}

/** A soft face is taken for one that was lost only near where that was: so far in sizes, and farther with time. */
const SOFT_NEAR_SIZES = 1.5;
const SOFT_SIZES_PER_SECOND = 1.5;
const SOFT_FARTHEST_SIZES = 5;
const SOFT_GROWTH = 2;

function isWithinReach({ body }: FaceTrack, face: Evidence): boolean {
  const [x, y, width, height] = face.box;
  const last = body.face;
  const size = Math.max(width, height, last.x2 - last.x1, last.y2 - last.y1);
  const sizes = Math.hypot(x + width / 2 - (last.x1 + last.x2) / 2, y + height / 2 - (last.y1 + last.y2) / 2) / size;
  const growth = Math.max(width, 1) / Math.max(last.x2 - last.x1, 1);
  const isOfSize = growth <= SOFT_GROWTH && growth >= 1 / SOFT_GROWTH;
  const reach = SOFT_NEAR_SIZES + (SOFT_SIZES_PER_SECOND * Math.max(0, face.atMs - body.seenMs)) / 1000;
  return isOfSize && sizes <= Math.min(SOFT_FARTHEST_SIZES, reach);
}

/** Of these tracks the one that the face looks most like; undefined where it looks like none. */
export function mostAlike(tracks: readonly FaceTrack[], face: Evidence, rule: Rule): FaceTrack | undefined {
  let found: FaceTrack | undefined;
  let most = 0;
  for (const track of tracks) {
    const looks = isWithinReach(track, face) ? track.looks : track.looks.filter((look) => areClear(look, face, rule));
    const likeness = likenessTo(looks, face, rule);
    if (likeness < most) continue;
    most = likeness;
    found = track;
  }
  return found;
}

/** Whether a face, after a sudden change of the picture, is none that its track is known by; only clear faces tell. */
export function isUnlike({ looks }: FaceTrack, face: Evidence, rule: Rule): boolean {
  if (!isRecognisable(face.measures) || face.quality < rule.clearQuality) return false;
  const clear = looks.filter(({ quality }) => quality >= rule.clearQuality);
  return clear.length > 0 && likenessTo(clear, face, rule) < 0;
}

/**
 * Whether this face is not its track's: nothing like it where both are clear, or a good deal more like another track's,
 * which it could be.
 */
export function isAnother(track: FaceTrack, tracks: readonly FaceTrack[], face: Evidence, rule: Rule): boolean {
  if (!isRecognisable(face.measures) || track.looks.length === 0) return false;
  const { looks } = track;
  const isClear = face.quality >= rule.clearQuality && looks.some(({ quality }) => quality >= rule.clearQuality);
  if (isClear && looks.every(({ embedding }) => cosine(embedding, face.embedding) <= rule.otherFace)) return true;
  const own = likenessTo(looks, face, rule);
  const other = mostAlike(
    tracks.filter((one) => one !== track),
    face,
    rule,
  );
  return other !== undefined && likenessTo(other.looks, face, rule) - own >= rule.otherLead;
}
