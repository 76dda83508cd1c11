// Faces that are the same in every run; also for the programs that the tests start, which have no test runner.
import { createHash } from 'node:crypto';
import type { NewFace } from '../../../../pipeline/tasks/faces/gallery/gallery.js';

export const DIM = 64;
export const MODEL = { id: 'test/embedder', sha256: 'a'.repeat(64), dim: DIM };

/** A unit vector of the seed: normally distributed values (mulberry32, Box-Muller), so every direction is as likely. */
export function unitVector(seed: number, dim = DIM): Float32Array {
  let state = seed >>> 0;
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const vector = Float32Array.from(
    { length: dim },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

export function faceOf(seed: number): NewFace {
  const imageSha256 = createHash('sha256').update(`image ${seed}`).digest('hex');
  return { embedding: unitVector(seed), quality: 0.75, box: [1, 2, 30.5, 40], imageSha256 };
}
