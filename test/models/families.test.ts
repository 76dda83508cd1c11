// Each family reads the outputs of its networks: checked by tensors with one face worked out by hand.
import { expect, test } from 'vitest';
import type { DetectorFamily, ImageInput, Outputs, OutputTensor } from '../../models/family.js';
import { loadFamily } from '../../models/family-registry.js';

/** Zeros of `[2, ...dims]`, with the values set in the second item of the batch. */
function second(dims: readonly number[], values: Readonly<Record<number, number>>): OutputTensor {
  const size = dims.reduce((product, dim) => product * dim, 1);
  const data = new Float32Array(2 * size);
  for (const [at, value] of Object.entries(values)) data[size + Number(at)] = value;
  return { dims: [2, ...dims], data };
}

/** Values from `at` on. */
function run(at: number, values: readonly number[]): Record<number, number> {
  return Object.fromEntries(values.map((value, index) => [at + index, value]));
}

function rounded(values: readonly number[] | undefined): number[] | undefined {
  return values?.map((value) => Math.round(value * 1000) / 1000);
}

/** The only face of the second item; the first has none. */
function onlyFace(family: DetectorFamily, outputs: Outputs, input: ImageInput): number[][] {
  expect(family.decode(outputs, 0, input, 0.5)).toEqual([]);
  const faces = family.decode(outputs, 1, input, 0.5);
  expect(faces).toHaveLength(1);
  return faces.map(({ x1, y1, x2, y2, score, landmarks }) => rounded([x1, y1, x2, y2, score, ...(landmarks ?? [])]) ?? []);
}

test('scrfd: distances from the anchor point in strides, outputs told apart by their shapes', async () => {
  const family = await loadFamily('scrfd', 'detector');
  const input = { ...family.input, width: 64, height: 32 };
  // Stride 8: 8 columns, 4 rows, two anchors a cell. The second anchor of column 3 in row 1 is row 2 * (8 + 3) + 1 = 23.
  const outputs: Outputs = {
    '443': second([64, 1], { 23: 0.9 }),
    '468': second([16, 1], {}),
    '493': second([4, 1], {}),
    '446': second([64, 4], run(23 * 4, [1, 0.5, 2, 1.5])),
    '471': second([16, 4], {}),
    '496': second([4, 4], {}),
    '449': second([64, 10], run(23 * 10, [-0.5, 0, 1, 0, 0.25, 0.5, -0.5, 1, 1, 1])),
    '474': second([16, 10], {}),
    '499': second([4, 10], {}),
  };
  expect(onlyFace(family, outputs, input)).toEqual([[16, 4, 40, 20, 0.9, 20, 8, 32, 8, 26, 12, 20, 16, 32, 16]]);
});

test('yunet: root of class and objectness, centre in cells, size as a power of e', async () => {
  const family = await loadFamily('yunet', 'detector');
  const input = { ...family.input, width: 64, height: 32 };
  const cells = { 8: 32, 16: 8, 32: 2 };
  const outputs: Record<string, OutputTensor> = {};
  for (const [stride, count] of Object.entries(cells)) {
    // At stride 16, column 2 of row 1: cell 6 of 4 columns.
    const here = stride === '16';
    outputs[`cls_${stride}`] = second([count, 1], here ? { 6: 0.81 } : {});
    outputs[`obj_${stride}`] = second([count, 1], here ? { 6: 1.5 } : {});
    outputs[`bbox_${stride}`] = second([count, 4], here ? run(24, [0.5, 0.25, 0, Math.log(2)]) : {});
    outputs[`kps_${stride}`] = second([count, 10], here ? run(60, [0, 0, 1, 0, 0.5, 0.5, 0, 1, 1, 1]) : {});
  }
  expect(onlyFace(family, outputs, input)).toEqual([[32, 4, 48, 36, 0.9, 32, 16, 48, 16, 40, 24, 32, 32, 48, 32]]);
});

test('retinaface-mnet: offsets from square anchors, landmarks by the factor of version 2', async () => {
  const family = await loadFamily('retinaface-mnet', 'detector');
  const input = { ...family.input, width: 64, height: 32 };
  const cells = { 8: 32, 16: 8, 32: 2 };
  const outputs: Record<string, OutputTensor> = {};
  for (const [stride, count] of Object.entries(cells)) {
    // At stride 8, column 1 of row 2: cell 17, the second anchor (16 px) around (15.5, 23.5). Channels come first.
    const channels = (first: number, values: readonly number[]) =>
      stride === '8' ? Object.fromEntries(values.map((value, index) => [(first + index) * count + 17, value])) : {};
    outputs[`face_rpn_cls_prob_reshape_stride${stride}`] = second([4, 4, count / 4], channels(3, [0.75]));
    outputs[`face_rpn_bbox_pred_stride${stride}`] = second([8, 4, count / 4], channels(4, [0.25, -0.25, Math.log(2), 0]));
    outputs[`face_rpn_landmark_pred_stride${stride}`] = second(
      [20, 4, count / 4],
      channels(10, [-1.375, -1.375, 1.375, -1.375, 0, 0, -1.375, 1.375, 1.375, 1.375]),
    );
  }
  expect(onlyFace(family, outputs, input)).toEqual([
    [3.5, 11.5, 35.5, 27.5, 0.75, 11.5, 19.5, 19.5, 19.5, 15.5, 23.5, 11.5, 27.5, 19.5, 27.5],
  ]);
});

test('ultraface: the second column is the face, boxes are parts of the picture', async () => {
  const family = await loadFamily('ultraface', 'detector');
  const outputs: Outputs = {
    scores: second([3, 2], { 0: 0.9, 2: 0.2, 3: 0.8 }),
    boxes: second([3, 4], run(4, [0.25, 0.5, 0.5, 0.75])),
  };
  expect(onlyFace(family, outputs, family.input)).toEqual([[80, 120, 160, 180, 0.8]]);
});

test('landmarks-68: five points are the means of the pupils, the nose and the corners of the mouth', async () => {
  const family = await loadFamily('landmarks-68', 'landmarks');
  // Point i lies at (i, 100 + i).
  const points = Array.from({ length: 68 }, (_, index) => [index, 100 + index]).flat();
  const outputs: Outputs = { output: second([136], run(0, points)) };
  expect(rounded(family.decode(outputs, 1))).toEqual([39, 139, 45, 145, 30, 130, 54, 154, 59, 159]);
});

test('arcface: the embedding is that of the item, whatever the output is called', async () => {
  const family = await loadFamily('arcface', 'embedder');
  expect([...family.decode({ '683': second([3], run(0, [1, 2, 3])) }, 1)]).toEqual([1, 2, 3]);
});

test('an output that is missing is told by name', async () => {
  const family = await loadFamily('ultraface', 'detector');
  expect(() => family.decode({ dets: second([1, 5], {}) }, 0, family.input, 0.5)).toThrow('no output "scores", only dets');
});
