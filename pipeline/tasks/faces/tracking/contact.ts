// Faces that touch: while one is before the other, place says little of who is who, and embeddings show both or neither.
import type { FoundFace } from '../face-items.js';
import { iou } from '../../../geometry/nms.js';
import { EMBEDDINGS_PER_DOUBT } from './embedding-plan.js';
import { isInView, type FaceTrack } from './face-track.js';

/** Boxes that overlap more than this are faces over each other; neighbours in a crowd stay below. */
const TOUCHING = 0.05;

/** Boxes grown by so much that overlap are about to: the last moment to see both as they are. */
const NEARLY_TOUCHING_GROWTH = 1.4;

/** Notes which tracks touch in the newest frame; they are looked at when they come near each other, and when they part. */
export function noteTouches(tracks: readonly FaceTrack[], nowMs: number, breakMs: number): void {
  const inView = tracks.filter(isInView);
  inView.forEach((track, at) => {
    for (const other of inView.slice(at + 1)) {
      const one = track.body.face;
      const two = other.body.face;
      if (iou(grown(one), grown(two)) <= TOUCHING) continue;
      const areTouching = iou(one, two) > TOUCHING;
      for (const { body, plan } of [track, other]) {
        if (areTouching) {
          body.touchedMs = nowMs;
          plan.doubts = EMBEDDINGS_PER_DOUBT;
        } else if (nowMs - body.nearMs > breakMs) {
          plan.doubts = Math.max(1, plan.doubts);
        }
        body.nearMs = nowMs;
      }
    }
  });
}

function grown(face: FoundFace): FoundFace {
  const x = ((face.x2 - face.x1) * (NEARLY_TOUCHING_GROWTH - 1)) / 2;
  const y = ((face.y2 - face.y1) * (NEARLY_TOUCHING_GROWTH - 1)) / 2;
  return { x1: face.x1 - x, y1: face.y1 - y, x2: face.x2 + x, y2: face.y2 + y, score: face.score };
}
