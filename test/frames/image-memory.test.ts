import { describe, expect, test } from 'vitest';
import { ImageMemory } from '../../pipeline/frames/image-memory.js';

const bytesOf = (value: number, length = 50_000) => new Uint8Array(length).fill(value);

describe('memory of images', () => {
  test('holds a copy, which nothing changes until it is released', () => {
    const memory = new ImageMemory(1 << 20);
    const source = bytesOf(1);
    const [first, second] = [memory.hold(source), memory.hold(bytesOf(2))];
    source.fill(9);
    expect(first.bytes.every((byte) => byte === 1)).toBe(true);
    expect(second.bytes.every((byte) => byte === 2)).toBe(true);
  });

  test('is used again, also for an image of a somewhat other size', () => {
    const memory = new ImageMemory(1 << 20);
    const first = memory.hold(bytesOf(1, 80_000));
    first.release();
    const second = memory.hold(bytesOf(2, 90_000));
    expect(second.bytes.buffer).toBe(first.bytes.buffer);
    expect(second.bytes.byteLength).toBe(90_000);
  });

  test('is never given to two, however often one is released', () => {
    const memory = new ImageMemory(1 << 20);
    const first = memory.hold(bytesOf(1));
    first.release();
    first.release();
    const [second, third] = [memory.hold(bytesOf(2)), memory.hold(bytesOf(3))];
    expect(second.bytes.buffer).not.toBe(third.bytes.buffer);
    first.release();
    expect(memory.freeBytes).toBe(0);
  });

  test('keeps no more than it may', () => {
    const memory = new ImageMemory(200_000);
    const held = Array.from({ length: 20 }, () => memory.hold(bytesOf(1, 60_000)));
    for (const image of held) image.release();
    expect(memory.freeBytes).toBeLessThanOrEqual(200_000);
    expect(memory.freeBytes).toBeGreaterThan(0);
  });

  test('gives large memory back that was of use long ago for smaller images that come all the time', () => {
    const memory = new ImageMemory(1 << 20);
    const large = [memory.hold(bytesOf(1, 390_000)), memory.hold(bytesOf(2, 390_000)), memory.hold(bytesOf(3, 200_000))];
    for (const image of large) image.release();
    const frames = [memory.hold(bytesOf(4)), memory.hold(bytesOf(5))];
    const buffers = frames.map(({ bytes }) => bytes.buffer);
    for (const frame of frames) frame.release();
    for (let i = 0; i < 10; i++) {
      const again = memory.hold(bytesOf(6));
      expect(buffers).toContain(again.bytes.buffer);
      again.release();
    }
    expect(memory.freeBytes).toBeLessThanOrEqual(1 << 20);
  });

  test('is not given up by a camera for one large image', () => {
    const memory = new ImageMemory(1 << 20);
    const large = memory.hold(bytesOf(1, 1_000_000));
    const frames = [memory.hold(bytesOf(2)), memory.hold(bytesOf(3))];
    for (const frame of frames) frame.release();
    large.release();
    const buffers = frames.map(({ bytes }) => bytes.buffer);
    expect(buffers).toContain(memory.hold(bytesOf(4)).bytes.buffer);
    expect(buffers).toContain(memory.hold(bytesOf(5)).bytes.buffer);
  });
});
