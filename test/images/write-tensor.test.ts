// Pictures as tensors: the numbers that other libraries give for the same picture.
import { describe, expect, test } from 'vitest';
import type { TensorInput } from '../../models/tensor-input.js';
import { tensorBytes, tensorIn, writeTensor } from '../../pipeline/images/write-tensor.js';

const INPUT: TensorInput = {
  name: 'x',
  width: 4,
  height: 3,
  layout: 'nhwc',
  dtype: 'float32',
  channels: 'rgb',
  mean: [0, 0, 0],
  scale: [1, 1, 1],
  resample: 'antialias',
  fit: 'stretch',
  fill: 0,
};

/** The same pattern that the reference numbers were made of. */
function pattern(width: number, height: number) {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) data[(y * width + x) * 3 + c] = (x * 37 + y * 91 + c * 53 + x * y * 7) % 256;
  return { data, width, height };
}
function written(width: number, height: number, input: Partial<TensorInput>, part = { left: 0, top: 0, width, height }) {
  const full = { ...INPUT, ...input };
  const out = tensorIn(new ArrayBuffer(Math.ceil(tensorBytes(full) / 4) * 4), 0, full);
  const geometry = writeTensor(pattern(width, height), part, full, out);
  return { numbers: [...out], geometry };
}

// numpy.asarray(Image.fromarray(pattern).resize((4, 3), Image.BILINEAR)).ravel()[:12], Pillow 9.4
const PILLOW: readonly [width: number, height: number, firstRow: readonly number[]][] = [
  [9, 7, [103, 132, 143, 123, 127, 146, 127, 138, 130, 105, 129, 140]],
  [40, 30, [128, 130, 128, 130, 128, 128, 127, 128, 131, 126, 127, 131]],
  [4, 3, [0, 53, 106, 37, 90, 143, 74, 127, 180, 111, 164, 217]],
  [2, 2, [0, 53, 106, 9, 62, 115, 28, 81, 134, 37, 90, 143]],
  [333, 11, [126, 126, 127, 126, 125, 125, 131, 130, 131, 127, 126, 128]],
];

test.each(PILLOW)('antialiased, a picture of %i x %i is what Pillow resizes it to, within a value', (width, height, row) => {
  const { numbers } = written(width, height, {});
  row.forEach((value, index) => expect(Math.abs((numbers[index] ?? 0) - value)).toBeLessThanOrEqual(1));
});

test('by area, a picture that is made smaller by a whole number is the mean of each block', () => {
  const { data } = pattern(8, 6);
  const { numbers } = written(8, 6, { resample: 'area' });
  const block = [0, 1].flatMap((y) => [2, 3].map((x) => data[(y * 8 + x) * 3 + 1] ?? 0));
  expect(numbers[4]).toBeCloseTo(block.reduce((sum, value) => sum + value, 0) / 4, 3);
});

test('bilinear, only the nearest four pixels count', () => {
  const { data } = pattern(8, 6);
  const { numbers } = written(8, 6, { resample: 'bilinear' });
  const nearest = [0, 1].flatMap((y) => [0, 1].map((x) => data[(y * 8 + x) * 3] ?? 0));
  expect(numbers[0]).toBeCloseTo(nearest.reduce((sum, value) => sum + value, 0) / 4, 3);
});

test.each(['antialias', 'area', 'bilinear'] as const)(
  '%s, a part is made of its own pixels alone, as if it had been cut out',
  (resample) => {
    const { data } = pattern(20, 16);
    const part = { left: 6, top: 4, width: 9, height: 7 };
    const cut = new Uint8Array(part.width * part.height * 3);
    for (let y = 0; y < part.height; y++) {
      const from = ((part.top + y) * 20 + part.left) * 3;
      cut.set(data.subarray(from, from + part.width * 3), y * part.width * 3);
    }
    const input = { ...INPUT, resample };
    const out = tensorIn(new ArrayBuffer(tensorBytes(input)), 0, input);
    writeTensor({ data: cut, width: part.width, height: part.height }, { left: 0, top: 0, width: 9, height: 7 }, input, out);
    const { numbers } = written(20, 16, { resample }, part);
    numbers.forEach((number, index) => expect(number).toBeCloseTo(out[index] ?? 0, 3));
  },
);

describe('the numbers lie', () => {
  const plain = written(4, 3, {}).numbers;

  test('in planes where the layout says so, in the order of the channels', () => {
    const { numbers } = written(4, 3, { layout: 'nchw', channels: 'bgr' });
    for (let pixel = 0; pixel < 12; pixel++)
      for (let channel = 0; channel < 3; channel++) expect(numbers[channel * 12 + pixel]).toBe(plain[pixel * 3 + 2 - channel]);
  });

  test('scaled channel by channel, in the order of the channels', () => {
    const { numbers } = written(4, 3, { channels: 'bgr', mean: [1, 2, 3], scale: [0.5, 0.25, 2] });
    expect(numbers.slice(0, 3)).toEqual([((plain[2] ?? 0) - 1) * 0.5, ((plain[1] ?? 0) - 2) * 0.25, ((plain[0] ?? 0) - 3) * 2]);
  });

  test('as grey in one channel', () => {
    const { numbers } = written(4, 3, { channels: 'grey' });
    expect(numbers).toHaveLength(12);
    expect(numbers[5]).toBeCloseTo(0.299 * (plain[15] ?? 0) + 0.587 * (plain[16] ?? 0) + 0.114 * (plain[17] ?? 0), 3);
  });

  test('within the range of whole numbers', () => {
    expect(written(4, 3, { dtype: 'uint8', scale: [3, 3, 3] }).numbers).toEqual(plain.map((value) => Math.min(255, value * 3)));
    expect(written(4, 3, { dtype: 'int8', mean: [128, 128, 128] }).numbers).toEqual(plain.map((value) => value - 128));
  });
});

describe('the aspect', () => {
  test('is kept with room right and below, in letterbox', () => {
    const { numbers, geometry } = written(8, 2, { fit: 'letterbox', fill: 9 });
    expect(numbers.slice(12)).toEqual(new Array(24).fill(9));
    expect(geometry).toEqual({ scaleX: 2, scaleY: 2, offsetX: 0, offsetY: 0 });
  });

  test('is kept by cutting to the middle, in crop', () => {
    const { numbers, geometry } = written(12, 3, { fit: 'crop' });
    expect(geometry).toEqual({ scaleX: 1, scaleY: 1, offsetX: 4, offsetY: 0 });
    expect(numbers).toEqual(written(12, 3, {}, { left: 4, top: 0, width: 4, height: 3 }).numbers);
  });
});
