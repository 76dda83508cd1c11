import { expect, test } from 'vitest';
import { FrameSlots, WINDOW_FRAMES, type FrameSlot } from '../../pipeline/frames/frame-slots.js';
import { pixelMemory } from '../../pipeline/frames/pixel-memory.js';

const LARGE = 3264 * 2448 * 3;
const SMALL = 1280 * 720 * 3;

function acquire(slots: FrameSlots): FrameSlot {
  const slot = slots.acquire();
  if (slot === undefined) throw new Error('there is a free slot');
  return slot;
}
/** Frames of so many bytes, so many of them inside at once. */
function work(slots: FrameSlots, bytes: number, frames: number, atOnce = 1): void {
  for (let done = 0; done < frames; done += atOnce) {
    const taken = Array.from({ length: atOnce }, () => acquire(slots));
    for (const slot of taken) slot.pixels = pixelMemory(bytes, slot.pixels);
    for (const slot of taken) slots.release(slot);
  }
}
/** The pixels that free slots hold, bytes. */
function held(slots: FrameSlots): number {
  const free = Array.from({ length: slots.count }, () => acquire(slots));
  for (const slot of free) slots.release(slot);
  return free.reduce((sum, { pixels }) => sum + (pixels?.byteLength ?? 0), 0);
}

test('slots that a few large photos have left large give their pixels back, also those that no frame comes to any more', () => {
  const slots = new FrameSlots(4);
  work(slots, LARGE, 4, 4);
  expect(held(slots)).toBeGreaterThan(4 * LARGE);
  work(slots, SMALL, 3 * WINDOW_FRAMES);
  expect(held(slots)).toBeLessThan(2 * SMALL);
});

test('the camera whose frames the slots are for keeps its pixels, beside smaller ones and glances', () => {
  const slots = new FrameSlots(1);
  const slot = acquire(slots);
  const pixels = (slot.pixels = pixelMemory(LARGE, null));
  slots.release(slot);
  for (let i = 0; i < 50; i++) {
    work(slots, SMALL, 9);
    work(slots, LARGE / 3, 9);
    work(slots, LARGE, 1);
  }
  expect(acquire(slots).pixels).toBe(pixels);
});

test('pixels that are somewhat larger than needed are kept', () => {
  const slots = new FrameSlots(1);
  work(slots, LARGE, 1);
  work(slots, LARGE * 0.6, 3 * WINDOW_FRAMES);
  expect(held(slots)).toBeGreaterThan(LARGE);
});

test('the pixels of small images are kept', () => {
  const slots = new FrameSlots(1);
  work(slots, 20_000, 1);
  const slot = acquire(slots);
  const { pixels } = slot;
  slots.release(slot);
  work(slots, 20_000, 3 * WINDOW_FRAMES);
  expect(acquire(slots).pixels).toBe(pixels);
});

test('a slot beyond the size of a 4K frame gives its pixels back at once', () => {
  const slots = new FrameSlots(1);
  work(slots, 6000 * 4000 * 3, 1);
  expect(held(slots)).toBe(0);
});
