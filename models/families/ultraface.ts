// UltraFace (Linzaer, Ultra-Light-Fast-Generic-Face-Detector-1MB), RFB and slim at 320x240: boxes come decoded out of the
// graph, in 0..1 of the picture. It knows no landmarks, and hardly faces of under 20 px of its 320.
import type { DetectorFamily, RawDetection } from '../family.js';
import { itemOf, outputNamed } from '../outputs.js';

export const family: DetectorFamily = {
  kind: 'detector',
  hasLandmarks: false,
  // Trained on stretched pictures: a letterbox finds fewer faces than the change of aspect costs. The grey margin lets
  // it find faces that the picture's edge cuts, and costs under 4 % of their size.
  input: {
    name: 'input',
    width: 320,
    height: 240,
    colour: 'rgb',
    mean: 127,
    scale: 1 / 128,
    fit: 'stretch',
    margin: 0.035,
    fill: 127,
  },
  decode(outputs, index, input, minScore) {
    const scores = itemOf(outputNamed(outputs, 'scores'), index);
    const boxes = itemOf(outputNamed(outputs, 'boxes'), index);
    const found: RawDetection[] = [];
    for (let row = 0; row * 2 < scores.length; row++) {
      // Two columns: background, face.
      const score = scores[row * 2 + 1] ?? 0;
      if (score < minScore) continue;
      const at = row * 4;
      found.push({
        x1: (boxes[at] ?? 0) * input.width,
        y1: (boxes[at + 1] ?? 0) * input.height,
        x2: (boxes[at + 2] ?? 0) * input.width,
        y2: (boxes[at + 3] ?? 0) * input.height,
        score,
      });
    }
    return found;
  },
};
