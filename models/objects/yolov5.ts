// YOLOv5 to v7 as they are exported with their grids resolved (https://github.com/ultralytics/yolov5): a row for each place, its box by
// middle and size in pixels of the input, then whether there is anything, then the classes.
import { bestClass, classesIn, corners, onlyShape, picture } from './grid-rows.js';
import type { ObjectDecoder } from './object-family.js';

const BEFORE_CLASSES = 5;

export const family: ObjectDecoder = {
  defaults: { input: { channels: 'rgb', mean: 0, scale: 1 / 255, fit: 'letterbox', fill: 114, resample: 'bilinear' } },
  isFinal: false,

  classCount(outputs) {
    const [rows = null, length = null] = onlyShape(outputs, 2);
    if (rows !== null && length !== null && rows < length) {
      throw new Error(`it has ${rows} rows of ${length} numbers: that is the form of yolov8`);
    }
    return classesIn(length, BEFORE_CLASSES);
  },

  decode(outputs, index, _input, least) {
    const { data, dims } = picture(outputs, index);
    const [rows = 0, length = 0] = dims;
    const found = [];
    for (let row = 0, at = 0; row < rows; row++, at += length) {
      const anything = data[at + 4] ?? 0;
      if (anything < least) continue;
      const best = bestClass(data, at + BEFORE_CLASSES, length - BEFORE_CLASSES);
      const score = anything * best.score;
      if (score < least) continue;
      const box = corners(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0, data[at + 3] ?? 0);
      found.push({ ...box, score, classIndex: best.classIndex });
    }
    return found;
  },
};
