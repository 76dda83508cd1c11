import { expect, test } from 'vitest';
import { sceneBrightness, sceneLook } from '../../pipeline/images/brightness-grid.js';

const pixels = new SharedArrayBuffer(160 * 90);
new Uint8Array(pixels).forEach((_, index, all) => (all[index] = (index * 31) & 255));
const view = { width: 160, height: 90, pixels, channels: 1 } as const;

test('the brightness of a frame is worked out once for all who ask, and stays what it is', () => {
  const scene = sceneBrightness(view);
  const before = [...scene];
  const look = sceneLook(view);
  expect(sceneBrightness(view)).toBe(scene);
  expect([...scene]).toEqual(before);
  expect(Math.hypot(...look)).toBeCloseTo(1, 5);
});

test('another view of the same memory is another frame', () => {
  const scene = sceneBrightness(view);
  new Uint8Array(pixels).fill(200);
  const next = sceneBrightness({ ...view });
  expect(next).not.toEqual(scene);
  expect(next.every((value) => value === 200)).toBe(true);
});
