// YuNet (Wu, Peng and Yu, "YuNet: a tiny millisecond-level face detector"), read as OpenCV's FaceDetectorYN reads it:
// no anchors, one prior at each cell of the strides 8, 16 and 32.
import type { DetectorFamily, RawDetection } from '../family.js';
import { itemOf, outputNamed } from '../outputs.js';

const STRIDES = [8, 16, 32] as const;

export const family: DetectorFamily = {
  kind: 'detector',
  hasLandmarks: true,
  input: { name: 'input', width: 640, height: 640, colour: 'bgr', mean: 0, scale: 1, fit: 'letterbox' },
  sizeStep: 32,
  decode(outputs, index, input, minScore) {
    const found: RawDetection[] = [];
    for (const stride of STRIDES) {
      const cls = itemOf(outputNamed(outputs, `cls_${stride}`), index);
      const obj = itemOf(outputNamed(outputs, `obj_${stride}`), index);
      const boxes = itemOf(outputNamed(outputs, `bbox_${stride}`), index);
      const points = itemOf(outputNamed(outputs, `kps_${stride}`), index);
      const columns = input.width / stride;
      // The score is the root of the product of the two: compared squared, so that no root is taken of most cells.
      const least = minScore * minScore;
      for (let cell = 0; cell < cls.length; cell++) {
        const product = clamp01(cls[cell] ?? 0) * clamp01(obj[cell] ?? 0);
        if (product < least) continue;
        const column = cell % columns;
        const row = Math.floor(cell / columns);
        const at = cell * 4;
        const centreX = (column + (boxes[at] ?? 0)) * stride;
        const centreY = (row + (boxes[at + 1] ?? 0)) * stride;
        const halfWidth = (Math.exp(boxes[at + 2] ?? 0) * stride) / 2;
        const halfHeight = (Math.exp(boxes[at + 3] ?? 0) * stride) / 2;
        const landmarks: number[] = [];
        // Its order is the person's right eye first, which is the left one in the picture.
        for (let point = cell * 10; point < cell * 10 + 10; point += 2) {
          landmarks.push((column + (points[point] ?? 0)) * stride, (row + (points[point + 1] ?? 0)) * stride);
        }
        found.push({
          x1: centreX - halfWidth,
          y1: centreY - halfHeight,
          x2: centreX + halfWidth,
          y2: centreY + halfHeight,
          score: Math.sqrt(product),
          landmarks,
        });
      }
    }
    return found;
  },
};

function clamp01(value: number): number {
  return Math.min(1, Math.max(0, value));
}
