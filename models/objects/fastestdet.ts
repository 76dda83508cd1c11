// FastestDet (https://github.com/dog-qiuqiu/FastestDet): one grid whose planes are whether there is anything, the box as offsets and
// shares of the picture, and the classes.
import { bestClass, classesIn, corners, onlyShape, picture } from './grid-rows.js';
import type { ObjectDecoder } from './object-family.js';

const BEFORE_CLASSES = 5;
/** Its authors weigh that there is something at all more than what it is. */
const ANYTHING_POWER = 0.6;
const CLASS_POWER = 0.4;

const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

export const family: ObjectDecoder = {
  defaults: { input: { channels: 'bgr', mean: 0, scale: 1 / 255, fit: 'stretch', resample: 'bilinear' } },
  isFinal: false,

  classCount(outputs) {
    const [planes = null] = onlyShape(outputs, 3);
    return classesIn(planes, BEFORE_CLASSES);
  },

  decode(outputs, index, input, least) {
    const { data, dims } = picture(outputs, index);
    const [planes = 0, rows = 0, columns = 0] = dims;
    const size = rows * columns;
    const found = [];
    for (let place = 0; place < size; place++) {
      const anything = data[place] ?? 0;
      const best = bestClass(data, BEFORE_CLASSES * size + place, planes - BEFORE_CLASSES, size);
      const score = anything ** ANYTHING_POWER * best.score ** CLASS_POWER;
      if (!(score >= least)) continue;
      const [dx = 0, dy = 0, width = 0, height = 0] = [1, 2, 3, 4].map((plane) => data[plane * size + place]);
      const x = ((Math.tanh(dx) + (place % columns)) / columns) * input.width;
      const y = ((Math.tanh(dy) + Math.floor(place / columns)) / rows) * input.height;
      found.push({
        ...corners(x, y, sigmoid(width) * input.width, sigmoid(height) * input.height),
        score,
        classIndex: best.classIndex,
      });
    }
    return found;
  },
};
