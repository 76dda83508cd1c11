// How the outputs of object detectors are read: tensors worked out by hand, one object in each.
import { describe, expect, test } from 'vitest';
import type { GraphOutput } from '../../../models/graph/describe.js';
import { OBJECT_FAMILIES, objectFamily } from '../../../models/objects/families.js';
import type { TensorInput } from '../../../models/tensor-input.js';

const INPUT = { width: 64, height: 32 } as TensorInput;
const LEAST = 0.25;

function family(name: string) {
  const found = objectFamily(name);
  if (found === undefined) throw new Error(`no family ${name}`);
  return found;
}
const output = (...dims: (number | null)[]): GraphOutput[] => [{ name: 'y', dims, dtype: 'float', activation: null }];
const tensor = (dims: readonly number[], set: Readonly<Record<number, number>>) => {
  const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
  for (const [index, value] of Object.entries(set)) data[Number(index)] = value;
  return { y: { dims, data } };
};

describe('an object is read where it is', () => {
  test('yolov5: rows of middle, size, anything and classes', () => {
    const row = 3 * 8;
    const outputs = tensor([1, 10, 8], {
      ...{ [row]: 20, [row + 1]: 10, [row + 2]: 8, [row + 3]: 4, [row + 4]: 0.9, [row + 6]: 0.8 },
      // Something, but nothing in particular; and a class where there is nothing.
      ...{ 4: 0.9, 5: 0.1, 12: 0.1, 13: 1 },
    });
    const [found, ...others] = family('yolov5').decode(outputs, 0, INPUT, LEAST);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ x1: 16, y1: 8, x2: 24, y2: 12, classIndex: 1 });
    expect(found?.score).toBeCloseTo(0.72);
  });

  test('yolov8: columns of middle, size and classes', () => {
    const at = (plane: number) => plane * 20 + 7;
    const outputs = tensor([1, 7, 20], { [at(0)]: 20, [at(1)]: 10, [at(2)]: 8, [at(3)]: 4, [at(4)]: 0.3, [at(6)]: 0.75 });
    expect(family('yolov8').decode(outputs, 0, INPUT, LEAST)).toEqual([
      { x1: 16, y1: 8, x2: 24, y2: 12, score: 0.75, classIndex: 2 },
    ]);
  });

  test('yolov10: rows of corners, score and class', () => {
    const outputs = tensor([1, 3, 6], { 0: 1, 1: 2, 2: 30, 3: 20, 4: 0.5, 5: 7, 10: 0.1 });
    expect(family('yolov10').decode(outputs, 0, INPUT, LEAST)).toEqual([
      { x1: 1, y1: 2, x2: 30, y2: 20, score: 0.5, classIndex: 7 },
    ]);
  });

  test('yolox: offsets from the places of three grids', () => {
    // 8x4 places of 8 pixels, then 4x2 of 16, then 2x1 of 32. The second of the second row of the second grid: 32 + 4 + 1.
    const row = 37 * 7;
    const outputs = tensor([1, 42, 7], {
      [row]: 0.5,
      [row + 1]: 0.25,
      [row + 2]: Math.log(2),
      [row + 3]: 0,
      [row + 4]: 0.8,
      [row + 5]: 0.5,
    });
    const [found] = family('yolox').decode(outputs, 0, INPUT, LEAST);
    expect(found?.x1).toBeCloseTo((1 + 0.5) * 16 - 16);
    expect(found?.x2).toBeCloseTo((1 + 0.5) * 16 + 16);
    expect(found?.y1).toBeCloseTo((1 + 0.25) * 16 - 8);
    expect(found?.y2).toBeCloseTo((1 + 0.25) * 16 + 8);
    expect(found?.score).toBeCloseTo(0.4);
    expect(found?.classIndex).toBe(0);
  });

  test('fastestdet: planes of one grid, offsets by tanh, sizes as shares of the picture', () => {
    const at = (plane: number) => plane * 8 + 5;
    const outputs = tensor([1, 7, 2, 4], { [at(0)]: 0.9, [at(1)]: 10, [at(3)]: 0, [at(4)]: -100, [at(5)]: 0.2, [at(6)]: 0.8 });
    const [found, ...others] = family('fastestdet').decode(outputs, 0, INPUT, LEAST);
    expect(others).toEqual([]);
    // Place 1 of row 1, moved by a whole place to the right: the middle of 4 places. Half as wide as the picture.
    expect(found?.x1).toBeCloseTo(32 - 16);
    expect(found?.x2).toBeCloseTo(32 + 16);
    expect(found?.y1).toBeCloseTo(16);
    expect(found?.classIndex).toBe(1);
    expect(found?.score).toBeCloseTo(0.9 ** 0.6 * 0.8 ** 0.4);
  });

  test('the second picture of a batch is read as the second', () => {
    const outputs = tensor([2, 1, 6], { 6: 1, 7: 1, 8: 5, 9: 5, 10: 0.9, 11: 3 });
    expect(family('yolov10').decode(outputs, 0, INPUT, LEAST)).toEqual([]);
    expect(family('yolov10').decode(outputs, 1, INPUT, LEAST)).toHaveLength(1);
  });
});

describe('classes are counted by the form of the outputs', () => {
  test.each([
    ['yolov5', output(1, 25200, 85), 80],
    ['yolov7', output(1, 25200, 7), 2],
    ['yolov8', output(1, 84, 8400), 80],
    ['yolov11', output(1, 5, null), 1],
    ['yolox', output(1, 42, 85), 80],
    ['fastestdet', output(1, 85, 22, 22), 80],
    ['yolov10', output(1, 300, 6), null],
  ])('%s %j', (name, outputs, count) => {
    expect(family(name).classCount(outputs, INPUT)).toBe(count);
  });

  test.each([
    ['yolov5', output(1, 84, 8400), /that is the form of yolov8|more than/],
    ['yolov8', output(1, 8400, 84), /that is the form of yolov5/],
    ['yolox', output(1, 3549, 85), /should have 42 rows, and has 3549/],
    ['yolov10', output(1, 300, 85), /should have 6 numbers, and has 85/],
    ['fastestdet', output(1, 85, 484), /should have 4 dimensions, and has 3/],
    ['yolov8', [...output(1, 84, 8400), ...output(1, 2)], /one output, and has 2/],
  ])('%s %j is refused', (name, outputs, message) => {
    expect(() => family(name).classCount(outputs, INPUT)).toThrow(message);
  });
});

test('names that are no family are none, whatever objects inherit', () => {
  expect(objectFamily('constructor')).toBeUndefined();
  expect(OBJECT_FAMILIES).toContain('yolov9');
});
