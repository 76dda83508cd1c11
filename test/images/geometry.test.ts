import { describe, expect, test } from 'vitest';
import type { ImageInput } from '../../models/family.js';
import { fitSimilarity, writeAligned } from '../../pipeline/tasks/faces/align.js';
import { ladderUpTo, splitIntoRungs } from '../../pipeline/scheduling/batch-ladder.js';
import { iou, suppressOverlaps } from '../../pipeline/geometry/nms.js';
import { wholeFrameGeometry, writeSquareCrop, writeWholeFrame } from '../../pipeline/images/resample.js';

const raw = (width: number, height: number, more: Partial<ImageInput> = {}): ImageInput => ({
  name: 'x',
  width,
  height,
  colour: 'rgb',
  mean: 0,
  scale: 1,
  fit: 'stretch',
  ...more,
});
/** Red grows with x, green with y, blue is 7. */
function gradient(width: number, height: number) {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set([x, y, 7], (y * width + x) * 3);
  }
  return { data, width, height };
}

describe('resampling', () => {
  test('a picture of the input size comes through unchanged, plane by plane', () => {
    const out = new Float32Array(3 * 4 * 3);
    writeWholeFrame(gradient(4, 3), raw(4, 3), out);
    expect([...out.subarray(0, 4)]).toEqual([0, 1, 2, 3]);
    expect([...out.subarray(12, 24)]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    expect(new Set(out.subarray(24))).toEqual(new Set([7]));
  });

  test('BGR swaps the outer planes and mean and scale are applied', () => {
    const out = new Float32Array(3 * 2 * 2);
    writeWholeFrame(gradient(2, 2), raw(2, 2, { colour: 'bgr', mean: 1, scale: 0.5 }), out);
    expect([...out.subarray(0, 4)]).toEqual([3, 3, 3, 3]);
    expect([...out.subarray(8, 12)]).toEqual([-0.5, 0, -0.5, 0]);
  });

  test('halving averages neighbours, since samples lie on pixel centres', () => {
    const out = new Float32Array(3 * 2 * 2);
    writeWholeFrame(gradient(4, 4), raw(2, 2), out);
    expect([...out.subarray(0, 4)]).toEqual([0.5, 2.5, 0.5, 2.5]);
  });

  test('a letterbox keeps the aspect, pads with black, and its geometry leads back to the frame', () => {
    const picture = gradient(8, 4);
    const input = raw(4, 4, { fit: 'letterbox', mean: 10, scale: 0.1 });
    const out = new Float32Array(3 * 16);
    writeWholeFrame(picture, input, out);
    expect([...out.subarray(8, 16)]).toEqual(new Array(8).fill(-1));
    expect(wholeFrameGeometry(picture, input)).toEqual({ scaleX: 2, scaleY: 2, offsetX: 0, offsetY: 0 });
  });

  test('a margin is filled all around, and its geometry leads back to the frame', () => {
    const picture = gradient(6, 6);
    const input = raw(10, 10, { margin: 0.2, fill: 100 });
    const out = new Float32Array(3 * 100);
    writeWholeFrame(picture, input, out);
    expect(out[1 * 10 + 5]).toBe(100);
    expect([...out.subarray(2 * 10, 3 * 10)]).toEqual([100, 100, 0, 1, 2, 3, 4, 5, 100, 100]);
    expect(wholeFrameGeometry(picture, input)).toEqual({ scaleX: 1, scaleY: 1, offsetX: -2, offsetY: -2 });
  });

  test('a strong reduction averages over the whole cell', () => {
    const out = new Float32Array(3 * 2 * 2);
    writeWholeFrame(gradient(8, 8), raw(2, 2), out);
    expect([...out.subarray(0, 4)]).toEqual([1.5, 5.5, 1.5, 5.5]);
  });

  test('a crop that reaches over the edge repeats it', () => {
    const out = new Float32Array(16);
    writeSquareCrop(gradient(8, 8), -4, -4, 8, raw(4, 4, { colour: 'grey' }), out, 0);
    expect(out[0]).toBeCloseTo(0.114 * 7, 4);
    expect(out[15]).toBeCloseTo(0.299 * 2.5 + 0.587 * 2.5 + 0.114 * 7, 4);
  });
});

describe('alignment', () => {
  test('the fit finds a known rotation, scale and shift', () => {
    const from = [0, 0, 10, 0, 5, 5, 2, 9, 8, 9];
    const [a, b, tx, ty] = [1.5 * Math.cos(0.3), 1.5 * Math.sin(0.3), 20, -4];
    const to = from.map((_, i) => {
      const x = from[i - (i % 2)] ?? 0;
      const y = from[i - (i % 2) + 1] ?? 0;
      return i % 2 === 0 ? a * x - b * y + tx : b * x + a * y + ty;
    });
    const fit = fitSimilarity(from, to);
    expect(fit.a).toBeCloseTo(a, 9);
    expect(fit.b).toBeCloseTo(b, 9);
    expect(fit.tx).toBeCloseTo(tx, 9);
    expect(fit.ty).toBeCloseTo(ty, 9);
  });

  test('the warp samples the full picture and is black outside of it', () => {
    const out = new Float32Array(3 * 16);
    writeAligned(gradient(20, 20), { a: 2, b: 0, tx: 15, ty: 3 }, raw(4, 4, { mean: 1 }), out, 0);
    expect([...out.subarray(0, 4)]).toEqual([14, 16, -1, -1]);
    expect(out[16]).toBe(2);
  });
});

describe('non-maximum suppression', () => {
  const box = (x1: number, y1: number, x2: number, y2: number, score: number) => ({ x1, y1, x2, y2, score });
  test('the best of overlapping boxes stays, and boxes apart stay all', () => {
    const kept = suppressOverlaps([box(0, 0, 10, 10, 0.8), box(1, 1, 11, 11, 0.9), box(30, 30, 40, 40, 0.7)], 0.4, 10);
    expect(kept.map((one) => one.score)).toEqual([0.9, 0.7]);
  });
  test('IoU is exact, and nothing for boxes that only touch', () => {
    expect(iou(box(0, 0, 10, 10, 1), box(5, 0, 15, 10, 1))).toBeCloseTo(50 / 150, 9);
    expect(iou(box(0, 0, 10, 10, 1), box(10, 0, 20, 10, 1))).toBe(0);
  });
});

test('batches are split into rungs of the ladder, largest first', () => {
  expect(ladderUpTo(8)).toEqual([1, 2, 4, 8]);
  expect(splitIntoRungs(7, ladderUpTo(4))).toEqual([4, 2, 1]);
  expect(splitIntoRungs(0, ladderUpTo(4))).toEqual([]);
});
