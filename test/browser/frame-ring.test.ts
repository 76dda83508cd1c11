// The last few frames of a camera: there when their results come, and never more of them than the bound.
import { expect, test } from 'vitest';
import { FrameRing } from '../../clients/browser/frame-ring.js';

/** A bitmap that only knows whether it was closed. */
function frame(seq: number, closed: number[]) {
  const image = { close: () => closed.push(seq) } as unknown as ImageBitmap;
  return { seq, ts: 1_732_160_000_000 + seq, image, widthPx: 640, heightPx: 480 };
}

test('the newest frames are found by their number, older ones are let go of in order', () => {
  const closed: number[] = [];
  const ring = new FrameRing(3);
  for (const seq of [0, 1, 4, 7, 8]) ring.add(frame(seq, closed));
  expect(closed).toEqual([0, 1]);
  expect(ring.size).toBe(3);
  expect([0, 1, 4, 5, 7, 8].map((seq) => ring.get(seq)?.seq)).toEqual([undefined, undefined, 4, undefined, 7, 8]);
});

test('nothing is held when it is cleared', () => {
  const closed: number[] = [];
  const ring = new FrameRing(4);
  for (const seq of [3, 5]) ring.add(frame(seq, closed));
  ring.clear();
  expect([ring.size, closed]).toEqual([0, [3, 5]]);
});
