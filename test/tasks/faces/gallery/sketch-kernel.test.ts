// The loop in WebAssembly against what it says it does, in JavaScript, to the last bit.
import { expect, test } from 'vitest';
import { hitRow, isHitOf, sketchKernel } from '../../../../pipeline/tasks/faces/gallery/sketch-kernel.js';
import { sketchBytes, sketchProbe, sketchRow, SKETCH_TRAILER_BYTES } from '../../../../pipeline/tasks/faces/gallery/sketch.js';
import { unitVector } from './vectors.js';

const f32 = Math.fround;

/** At most so similar, as float32 has it. */
function atMost(block: Uint8Array, rowBytes: number, row: number, codes: Int16Array, scale: number, length: number): number {
  const at = block.byteOffset + row * rowBytes;
  const rowCodes = new Int8Array(block.buffer, at, rowBytes - SKETCH_TRAILER_BYTES);
  const [rowScale = 0, rowError = 0] = new Float32Array(block.buffer, at + rowBytes - SKETCH_TRAILER_BYTES, 2);
  const sum = rowCodes.reduce((so, code, column) => so + code * (codes[column] ?? 0), 0);
  return f32(f32(f32(sum) * f32(f32(scale) * rowScale)) + f32(f32(length) * rowError));
}

test.each([16, 100, 128, 512, 520])('every hit of every probe, and no other, with %i dimensions', (dim) => {
  const rowBytes = sketchBytes(dim);
  const kernel = sketchKernel(dim);
  const rows = kernel.blockRows;
  for (let row = 0; row < rows; row++) sketchRow(unitVector(1000 + row, dim), kernel.block, row);
  for (const probes of [1, 2, 3, 4, 7, 16]) {
    const groups = kernel.groups(probes);
    expect(groups.reduce((sum, { size }) => sum + size, 0)).toBe(probes);
    for (const { first, size, codes, scales, lengths, thresholds } of groups) {
      for (let probe = 0; probe < size; probe++) {
        // Every other one is a row itself.
        const { scale, length } = sketchProbe(
          unitVector(probe % 2 === 0 ? 1000 + first + probe : 5 * probe, dim),
          codes[probe] ?? new Int16Array(),
        );
        scales[probe] = scale;
        lengths[probe] = length;
        thresholds[probe] = 0.05 * probe;
      }
      for (let probe = size; probe < 4; probe++) thresholds[probe] = Infinity;
    }
    for (const group of groups) {
      for (const scanned of [1, 2, rows - 1, rows]) {
        const found = kernel.hits.slice(0, group.scan(scanned));
        const expected = Array.from({ length: scanned }, (_, row) =>
          group.codes.map((codes, probe) => {
            const bound = atMost(kernel.block, rowBytes, row, codes, group.scales[probe] ?? 0, group.lengths[probe] ?? 0);
            return bound >= (group.thresholds[probe] ?? Infinity);
          }),
        );
        const hitRows = expected.flatMap((hits, row) => (hits.includes(true) ? [row] : []));
        expect([...found].map(hitRow)).toEqual(hitRows);
        for (const hit of found) {
          expect(group.codes.map((_, probe) => isHitOf(hit, probe))).toEqual(expected[hitRow(hit)]);
        }
      }
    }
  }
});

test('a wiped kernel holds nothing', () => {
  const kernel = sketchKernel(128);
  sketchRow(unitVector(1, 128), kernel.block, 0);
  const [group] = kernel.groups(1);
  group?.codes[0]?.fill(7);
  kernel.wipe();
  expect(new Uint8Array(kernel.block.buffer).every((byte) => byte === 0)).toBe(true);
});
