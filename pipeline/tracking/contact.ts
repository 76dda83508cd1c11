// Faces that touch: while one is before the other, place says little of who is who, and embeddings show both or neither.
import { iou } from '../nms.js';
import { EMBEDDINGS_PER_DOUBT } from './embedding-plan.js';
import { isInView, type FaceTrack } from './face-track.js';

/** Boxes that overlap more than this are faces over each other; neighbours in a crowd stay below. */
const TOUCHING = 0.05;

/** Notes which tracks touch in the newest frame, and that those which did are in doubt afterwards. */
export function noteTouches(tracks: readonly FaceTrack[], nowMs: number): void {
  const inView = tracks.filter(isInView);
  inView.forEach((track, at) => {
    for (const other of inView.slice(at + 1)) {
      if (iou(track.body.face, other.body.face) <= TOUCHING) continue;
      for (const { body, plan } of [track, other]) {
        body.touchedMs = nowMs;
        plan.doubts = EMBEDDINGS_PER_DOUBT;
      }
    }
  });
}
