// SCRFD with landmarks (Guo et al., "Sample and computation redistribution for efficient face detection"), as InsightFace
// exports it: two anchor points at each cell of the strides 8, 16 and 32, boxes and points as distances in strides.
// Its outputs have numbers for names, so they are told apart by their shapes.
import type { DetectorFamily, Outputs, OutputTensor, RawDetection } from '../family.js';
import { itemOf } from '../outputs.js';

const STRIDES = [8, 16, 32] as const;
const ANCHORS_PER_CELL = 2;

export const family: DetectorFamily = {
  kind: 'detector',
  hasLandmarks: true,
  input: { name: 'input.1', width: 640, height: 640, colour: 'rgb', mean: 127.5, scale: 1 / 128, fit: 'letterbox' },
  sizeStep: 32,
  decode(outputs, index, input, minScore) {
    const found: RawDetection[] = [];
    for (const stride of STRIDES) {
      const columns = input.width / stride;
      const rows = columns * (input.height / stride) * ANCHORS_PER_CELL;
      const scores = itemOf(shaped(outputs, rows, 1), index);
      const boxes = itemOf(shaped(outputs, rows, 4), index);
      const points = itemOf(shaped(outputs, rows, 10), index);
      for (let row = 0; row < rows; row++) {
        const score = scores[row] ?? 0;
        if (score < minScore) continue;
        const cell = Math.floor(row / ANCHORS_PER_CELL);
        const x = (cell % columns) * stride;
        const y = Math.floor(cell / columns) * stride;
        const landmarks: number[] = [];
        for (let point = row * 10; point < row * 10 + 10; point += 2) {
          landmarks.push(x + (points[point] ?? 0) * stride, y + (points[point + 1] ?? 0) * stride);
        }
        found.push({
          x1: x - (boxes[row * 4] ?? 0) * stride,
          y1: y - (boxes[row * 4 + 1] ?? 0) * stride,
          x2: x + (boxes[row * 4 + 2] ?? 0) * stride,
          y2: y + (boxes[row * 4 + 3] ?? 0) * stride,
          score,
          landmarks,
        });
      }
    }
    return found;
  },
};

/** The output of `[batch, rows, width]`. */
function shaped(outputs: Outputs, rows: number, width: number): OutputTensor {
  for (const name in outputs) {
    const tensor = outputs[name];
    if (tensor?.dims.length === 3 && tensor.dims[1] === rows && tensor.dims[2] === width) return tensor;
  }
  throw new Error(`the network has no output of ${rows} rows of ${width}`);
}
