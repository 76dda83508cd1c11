// YOLOX (Ge et al., 2021; https://github.com/Megvii-BaseDetection/YOLOX): a row for each place of three grids, its box as offsets from
// the place, then whether there is anything, then the classes; the scores have been through a sigmoid.
import { bestClass, classesIn, corners, onlyShape, picture } from './grid-rows.js';
import type { ObjectDecoder } from './object-family.js';

const STRIDES = [8, 16, 32] as const;
const BEFORE_CLASSES = 5;

export const family: ObjectDecoder = {
  defaults: { input: { channels: 'bgr', preprocessing: 'none', fit: 'letterbox', fill: 114, resample: 'bilinear' } },
  isFinal: false,

  classCount(outputs, { width, height }) {
    const [rows = null, length = null] = onlyShape(outputs, 2);
    const places = STRIDES.reduce((sum, stride) => sum + Math.floor(width / stride) * Math.floor(height / stride), 0);
    if (rows !== null && rows !== places) {
      throw new Error(`for an input of ${width}x${height} it should have ${places} rows, and has ${rows}`);
    }
    return classesIn(length, BEFORE_CLASSES);
  },

  decode(outputs, index, { width, height }, least) {
    const { data, dims } = picture(outputs, index);
    const [, length = 0] = dims;
    const found = [];
    let at = 0;
    for (const stride of STRIDES) {
      const columns = Math.floor(width / stride);
      for (let place = 0; place < columns * Math.floor(height / stride); place++, at += length) {
        const anything = data[at + 4] ?? 0;
        if (anything < least) continue;
        const best = bestClass(data, at + BEFORE_CLASSES, length - BEFORE_CLASSES);
        const score = anything * best.score;
        if (score < least) continue;
        const x = ((data[at] ?? 0) + (place % columns)) * stride;
        const y = ((data[at + 1] ?? 0) + Math.floor(place / columns)) * stride;
        const box = corners(x, y, Math.exp(data[at + 2] ?? 0) * stride, Math.exp(data[at + 3] ?? 0) * stride);
        found.push({ ...box, score, classIndex: best.classIndex });
      }
    }
    return found;
  },
};
