// When a face is worth the dear stage: often until it is decided who it is, then only for a reason. It looks at what is
// known without embedding alone.
import { poseFromPoints, qualityOf } from '../face-quality.js';
import type { FoundFace } from '../face-items.js';
import type { FaceTrack } from './face-track.js';
import type { TrackingThresholds } from './tracking-options.js';

/** A sharp crop: what is not known before it is cut is assumed to be as good as can be. */
const SHARP = 400;

/** Changes of the gallery in a row that are asked about at once. More come only from programs, and those have the pause between. */
const GALLERY_BURST = 8;

/** The quality that an embedding of this face could have at best, from size, score and, where there are points, pose. */
export function estimatedQuality(face: FoundFace): number {
  const pose = face.points === undefined ? { yawDegrees: 0, pitchDegrees: 0 } : poseFromPoints(face.points);
  const sizePx = Math.max(face.x2 - face.x1, face.y2 - face.y1);
  return qualityOf({ sizePx, sharpness: SHARP, score: face.score, ...pose });
}

/** Whether this sight of a track is to be embedded; to be followed by `noteAsked` when it is. */
export function wantsEmbedding(
  { plan, suspect, verdict, body }: FaceTrack,
  atMs: number,
  estimate: number,
  galleryVersion: number,
  options: TrackingThresholds,
): boolean {
  const passedMs = atMs - plan.askedMs;
  if (plan.asked === 0) return true;
  // An enrolment is to be seen in the next frame, so a changed gallery is asked at once; one that changes all the time is not.
  if (plan.galleryVersion < galleryVersion && atMs >= plan.galleryDueMs - GALLERY_BURST * options.galleryPauseMs) return true;
  if (passedMs < options.embedEveryMs) return false;
  if (suspect !== null) return true;
  if (passedMs >= options.refreshMs) return true;
  // Two faces over each other give embeddings of neither; what they left in doubt is asked when they are apart.
  if (body.touchedMs >= body.seenMs && (verdict.person !== null || plan.asked > 1)) return false;
  if (verdict.person === null && passedMs >= undecidedPauseMs(plan.asked, options)) return true;
  if (estimate >= plan.best + options.improvement) return true;
  return plan.doubts > 0 && passedMs >= options.doubtPauseMs;
}

function undecidedPauseMs(asked: number, { embedBurst, embedEveryMs, embedPauseMs, refreshMs }: TrackingThresholds): number {
  if (asked < embedBurst) return embedEveryMs;
  return Math.min(refreshMs, embedPauseMs * 2 ** Math.min(asked - embedBurst, 20));
}

export function noteAsked(
  { plan, body }: FaceTrack,
  atMs: number,
  estimate: number,
  galleryVersion: number,
  { galleryPauseMs }: Pick<TrackingThresholds, 'galleryPauseMs'>,
): void {
  body.awaited++;
  plan.asked++;
  plan.askedMs = atMs;
  plan.best = Math.max(plan.best, estimate);
  if (plan.asked > 1 && plan.galleryVersion < galleryVersion) {
    plan.galleryDueMs = Math.max(plan.galleryDueMs, atMs) + galleryPauseMs;
  }
  plan.galleryVersion = galleryVersion;
  plan.doubts = Math.max(0, plan.doubts - 1);
}

/** A single embedding may be of two faces over each other. */
export const EMBEDDINGS_PER_DOUBT = 2;

/** It is not sure whether a track is still who it was: it is looked at again. */
export function raiseDoubt({ plan }: FaceTrack, nowMs: number, { doubtEveryMs }: TrackingThresholds): void {
  if (nowMs - plan.doubtedMs < doubtEveryMs) return;
  plan.doubts = EMBEDDINGS_PER_DOUBT;
  plan.doubtedMs = nowMs;
}
