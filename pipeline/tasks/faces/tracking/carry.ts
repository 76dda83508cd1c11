// The faces of the last frame that was looked at, carried on to one that is only glanced at: each goes where its motion takes
// it, and must look there as it did. Where anything is open (somebody new, lost, touching or not named yet, another scene,
// a face that looks otherwise) nothing is carried, and the frame is looked at. It changes no track but for where it is.
import type { FoundFace } from '../face-items.js';
import { lookAlike, type PictureLook } from '../../../images/brightness-grid.js';
import { estimatedQuality, wantsEmbedding } from './embedding-plan.js';
import { isInView, type FaceTrack } from './face-track.js';
import { predict, type Motion } from '../../../tracks/motion.js';
import type { TrackingSettings } from './tracking-options.js';

/** A frame that nobody looks for faces in. */
export interface UnseenFrame {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Whether a face there is one that the stream wants. */
  isWanted(face: FoundFace): boolean;
}
/** The same where it was decoded, for a glance at it. */
export interface Glance extends UnseenFrame {
  readonly scene: PictureLook;
  lookAt(box: Pick<FoundFace, 'x1' | 'y1' | 'x2' | 'y2'>): PictureLook;
}
export interface Carried {
  readonly track: FaceTrack;
  readonly motion: Motion;
  readonly face: FoundFace;
  readonly points: readonly number[];
}

/**
 * Whether nothing is open about any track, as far as that is known before a frame is seen: nobody new, nobody who flickers,
 * touches another or is worth an embedding. Whoever is lost for longer may come back at any time, as anybody may come.
 */
export function areSettled(
  tracks: readonly FaceTrack[],
  atMs: number,
  galleryVersion: number,
  settings: TrackingSettings,
): boolean {
  return tracks.every((track) => {
    const { body, confirmed } = track;
    if (!confirmed) return false;
    if (!isInView(track)) return atMs - body.seenMs >= settings.briefMs;
    const isKnown = body.motion !== null && body.look !== null && body.located !== null;
    if (!isKnown || atMs - body.touchedMs < settings.briefMs) return false;
    return !wantsEmbedding(track, atMs, estimatedQuality(body.face), galleryVersion, settings);
  });
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
  if (!areSettled(tracks, atMs, galleryVersion, settings)) return null;
  const inView = tracks.filter(isInView);
  const carried = unseenFaces(inView, glance, atMs, settings);
  const lookTheSame = carried.every(({ track: { body }, face }) => {
    return body.look !== null && lookAlike(glance.lookAt(face), body.look) >= settings.carriedLook;
  });
  return carried.length === inView.length && lookTheSame ? carried : null;
}

/** @returns where the tracks in view are by now, by their motion alone; who has left the frame or the region is left out */
export function unseenFaces(
  tracks: readonly FaceTrack[],
  frame: UnseenFrame,
  atMs: number,
  settings: TrackingSettings,
): readonly Carried[] {
  return tracks.filter(isInView).flatMap((track) => {
    const { motion: last, located, face: lastFace } = track.body;
    if (last === null || located === null) return [];
    const motion = predict(last, atMs, settings.noise);
    const face = movedFace(lastFace, last, motion);
    const isInside = motion.x > 0 && motion.y > 0 && motion.x < frame.widthPx && motion.y < frame.heightPx;
    if (!isInside || !frame.isWanted(face)) return [];
    return [{ track, motion, face, points: movedPoints(located.points, located.face, face) }];
  });
}

/** A face as it was found, moved as its motion moved since. */
function movedFace(face: FoundFace, from: Motion, to: Motion): FoundFace {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  return { x1: face.x1 + dx, y1: face.y1 + dy, x2: face.x2 + dx, y2: face.y2 + dy, score: face.score };
}

/** Points (x, y each) found in one box, as they lie in another box of the same face. */
export function movedPoints(points: readonly number[], from: FoundFace, to: FoundFace): readonly number[] {
  const scaleX = (to.x2 - to.x1) / Math.max(1, from.x2 - from.x1);
  const scaleY = (to.y2 - to.y1) / Math.max(1, from.y2 - from.y1);
  return points.map((value, at) => (at % 2 === 0 ? to.x1 + (value - from.x1) * scaleX : to.y1 + (value - from.y1) * scaleY));
}
