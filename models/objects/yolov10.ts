// YOLOv10 (Wang et al., 2024; https://github.com/THU-MIG/yolov10), and other networks exported with their suppression: a row for each
// object, of its corners in pixels of the input, its score and its class, best first.
import { onlyShape, picture } from './grid-rows.js';
import type { ObjectDecoder } from './object-family.js';

const ROW = 6;

export const family: ObjectDecoder = {
  defaults: { input: { channels: 'rgb', mean: 0, scale: 1 / 255, fit: 'letterbox', fill: 114, resample: 'bilinear' } },
  isFinal: true,

  classCount(outputs) {
    const [, length = null] = onlyShape(outputs, 2);
    if (length !== null && length !== ROW) throw new Error(`a row should have ${ROW} numbers, and has ${length}`);
    // Rows name a class and do not tell how many there are.
    return null;
  },

  decode(outputs, index, _input, least) {
    const { data, dims } = picture(outputs, index);
    const [rows = 0] = dims;
    const found = [];
    for (let at = 0; at < rows * ROW; at += ROW) {
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, score = 0, classIndex = 0] = data.subarray(at, at + ROW);
      if (score >= least) found.push({ x1, y1, x2, y2, score, classIndex: Math.round(classIndex) });
    }
    return found;
  },
};
