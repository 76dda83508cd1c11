// YOLOv8, v9 and v11 (https://github.com/ultralytics/ultralytics): a column for each place, its box by middle and size in pixels of the
// input, then the classes. Nothing says whether there is anything at all.
import { bestClass, classesIn, corners, onlyShape, picture } from './grid-rows.js';
import type { ObjectDecoder } from './object-family.js';

const BEFORE_CLASSES = 4;

export const family: ObjectDecoder = {
  defaults: { input: { channels: 'rgb', mean: 0, scale: 1 / 255, fit: 'letterbox', fill: 114, resample: 'bilinear' } },
  isFinal: false,

  classCount(outputs) {
    const [length = null, columns = null] = onlyShape(outputs, 2);
    if (columns !== null && length !== null && columns < length) {
      throw new Error(`it has ${length} rows of ${columns} numbers: that is the form of yolov5`);
    }
    return classesIn(length, BEFORE_CLASSES);
  },

  decode(outputs, index, _input, least) {
    const { data, dims } = picture(outputs, index);
    const [length = 0, columns = 0] = dims;
    const found = [];
    for (let column = 0; column < columns; column++) {
      const { classIndex, score } = bestClass(data, BEFORE_CLASSES * columns + column, length - BEFORE_CLASSES, columns);
      if (score < least) continue;
      const [x = 0, y = 0, width = 0, height = 0] = [0, 1, 2, 3].map((row) => data[row * columns + column]);
      found.push({ ...corners(x, y, width, height), score, classIndex });
    }
    return found;
  },
};
