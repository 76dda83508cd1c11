// RetinaFace with a MobileNet 0.25 backbone (Deng et al., "RetinaFace: single-shot multi-level face localisation in the
// wild"), InsightFace's export mnet.25_v2: two square anchors at each cell of the strides 32, 16 and 8, channels first.
import type { DetectorFamily, RawDetection } from '../family.js';
import { itemOf, outputNamed } from '../outputs.js';

/** Sides of the two anchors in pixels: the base of 16 times InsightFace's scales. */
const ANCHORS = [
  { stride: 32, sides: [512, 256] },
  { stride: 16, sides: [128, 64] },
  { stride: 8, sides: [32, 16] },
] as const;
/** Centre of the first cell's anchors: that of the pixels 0 to 15. */
const FIRST_CENTRE = 7.5;
/** What version 2 divides its landmark targets by; without it the points are a face and a half wide. */
const LANDMARK_SCALE = 2 / 11;

export const family: DetectorFamily = {
  kind: 'detector',
  hasLandmarks: true,
  input: { name: 'data', width: 640, height: 640, colour: 'rgb', mean: 0, scale: 1, fit: 'letterbox' },
  decode(outputs, index, input, minScore) {
    const found: RawDetection[] = [];
    for (const { stride, sides } of ANCHORS) {
      const scores = itemOf(outputNamed(outputs, `face_rpn_cls_prob_reshape_stride${stride}`), index);
      const boxes = itemOf(outputNamed(outputs, `face_rpn_bbox_pred_stride${stride}`), index);
      const points = itemOf(outputNamed(outputs, `face_rpn_landmark_pred_stride${stride}`), index);
      const columns = input.width / stride;
      const cells = scores.length / 4;
      sides.forEach((side, anchor) => {
        for (let cell = 0; cell < cells; cell++) {
          // Channels 0 and 1 are the background of the two anchors.
          const score = scores[(2 + anchor) * cells + cell] ?? 0;
          if (score < minScore) continue;
          const anchorX = FIRST_CENTRE + (cell % columns) * stride;
          const anchorY = FIRST_CENTRE + Math.floor(cell / columns) * stride;
          const box = (channel: number) => boxes[(anchor * 4 + channel) * cells + cell] ?? 0;
          const centreX = anchorX + box(0) * side;
          const centreY = anchorY + box(1) * side;
          const halfWidth = (Math.exp(box(2)) * side) / 2;
          const halfHeight = (Math.exp(box(3)) * side) / 2;
          const landmarks: number[] = [];
          for (let channel = 0; channel < 10; channel++) {
            const delta = (points[(anchor * 10 + channel) * cells + cell] ?? 0) * LANDMARK_SCALE;
            landmarks.push((channel % 2 === 0 ? anchorX : anchorY) + delta * side);
          }
          found.push({
            x1: centreX - halfWidth,
            y1: centreY - halfHeight,
            x2: centreX + halfWidth,
            y2: centreY + halfHeight,
            score,
            landmarks,
          });
        }
      });
    }
    return found;
  },
};
