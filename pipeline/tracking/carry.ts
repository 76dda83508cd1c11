// The faces of the last frame that was looked at, carried on to one that is only glanced at: each goes where its motion takes
// it, and must look there as it did. Where anything is open (somebody new, lost, touching or not named yet, another scene,
// a face that looks otherwise) nothing is carried, and the frame is looked at. It changes no track but for where it is.
import type { FoundFace } from '../lane-protocol.js';
import { lookAlike, type PictureLook } from '../picture-look.js';
import { estimatedQuality, wantsEmbedding } from './embedding-plan.js';
import { isInView, type FaceTrack } from './face-track.js';
import { predict, type Motion } from './motion.js';
import type { TrackingSettings } from './tracking-options.js';

/** What a frame that is glanced at looks like. */
export interface Glance {
  readonly scene: PictureLook;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Whether a face there is one that the stream wants. */
  isWanted(face: FoundFace): boolean;
  lookAt(box: Pick<FoundFace, 'x1' | 'y1' | 'x2' | 'y2'>): PictureLook;
}
interface Carried {
  readonly track: FaceTrack;
  readonly motion: Motion;
  readonly face: FoundFace;
  readonly points: readonly number[];
}

/** @returns where each track in view is by now; null when the frame has to be looked at */
export function carriedFaces(
  tracks: readonly FaceTrack[],
  scene: PictureLook | null,
  glance: Glance,
  atMs: number,
  galleryVersion: number,
  settings: TrackingSettings,
): readonly Carried[] | null {
  if (scene === null || lookAlike(glance.scene, scene) < settings.carriedScene) return null;
  const carried: Carried[] = [];
  for (const track of tracks) {
    const { body, confirmed } = track;
    if (!confirmed) return null;
    if (!isInView(track)) {
      // Whoever flickered is looked for; whoever is gone for longer may come back at any time, as anybody may come.
      if (atMs - body.seenMs < settings.briefMs) return null;
      continue;
    }
    const { located } = body;
    if (body.motion === null || body.look === null || located === null || atMs - body.touchedMs < settings.briefMs) return null;
    if (wantsEmbedding(track, atMs, estimatedQuality(body.face), galleryVersion, settings)) return null;
    const motion = predict(body.motion, atMs, settings.noise);
    const face = movedFace(body.face, body.motion, motion);
    const isInside = motion.x > 0 && motion.y > 0 && motion.x < glance.widthPx && motion.y < glance.heightPx;
    if (!isInside || !glance.isWanted(face) || lookAlike(glance.lookAt(face), body.look) < settings.carriedLook) return null;
    carried.push({ track, motion, face, points: movedPoints(located.points, located.face, face) });
  }
  return carried;
}

/** A face as it was found, moved as its motion moved since. */
function movedFace(face: FoundFace, from: Motion, to: Motion): FoundFace {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  return { x1: face.x1 + dx, y1: face.y1 + dy, x2: face.x2 + dx, y2: face.y2 + dy, score: face.score };
}

/** Points found in one box, as they lie in another box of the same face. */
function movedPoints(points: readonly number[], from: FoundFace, to: FoundFace): readonly number[] {
  const scaleX = (to.x2 - to.x1) / Math.max(1, from.x2 - from.x1);
  const scaleY = (to.y2 - to.y1) / Math.max(1, from.y2 - from.y1);
  return points.map((value, at) => (at % 2 === 0 ? to.x1 + (value - from.x1) * scaleX : to.y1 + (value - from.y1) * scaleY));
}
