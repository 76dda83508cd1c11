// The loop that a search spends its time in, as WebAssembly SIMD: how similar the sketched rows of a block can at most be
// to a few probes, and which are worth an exact look. It sees memory of its own only, and knows nothing of people. The loop is
// sketch-kernel.wat; what lies where in its memory is decided here.
//
//   memory:  block of sketches | hits | group | group | ...       group: scales, lengths, thresholds, probes as int16
import { readFileSync } from 'node:fs';
import { builtFile } from '../../../threads/worker-file.js';
import { SKETCH_TRAILER_BYTES, sketchBytes } from './sketch.js';

/** Most probes of one pass over the rows. */
export const PROBES_AT_ONCE = 16;
/** Sizes of groups: more than four need more registers than a processor has for it. */
const GROUP_SIZES = [4, 2, 1] as const;
/** A vector has four 32-bit lanes, one for each probe of a group. */
const LANES = 4;
const VECTOR_BYTES = 16;
/** Scales, lengths and thresholds. */
const HEAD_BYTES = 3 * VECTOR_BYTES;
/** Stays in the processor's nearer caches while every group passes over it. */
const BLOCK_BYTES = 64 * 1024;
const PAGE_BYTES = 64 * 1024;
const HIT_BITS = 4;

/** One to four probes that are compared together. */
export interface ProbeGroup {
  /** Index of its first probe. */
  readonly first: number;
  readonly size: number;
  /** The group's probes one after the other, each with as many columns as a sketch. */
  readonly codes: readonly Int16Array[];
  readonly scales: Float32Array;
  readonly lengths: Float32Array;
  /** A row is a hit when it may be at least so similar to a probe. */
  readonly thresholds: Float32Array;
  /** @returns how many hits the first rows of the block have; they lie in `hits` in the order of the rows */
  scan(rows: number): number;
}

export interface SketchKernel {
  /** Where the sketches that are scanned go. */
  readonly block: Uint8Array;
  readonly blockRows: number;
  /** Of the last scan: `hitRow` and `isHitOf` read them. */
  readonly hits: Int32Array;
  /** Takes the place of the groups before. */
  groups(probes: number): ProbeGroup[];
  /** Leaves no trace of a face. */
  wipe(): void;
}

export const hitRow = (hit: number): number => hit >> HIT_BITS;
export const isHitOf = (hit: number, probeOfGroup: number): boolean => ((hit >> probeOfGroup) & 1) === 1;

/** @param dim of the gallery */
export function sketchKernel(dim: number): SketchKernel {
  const rowBytes = sketchBytes(dim);
  const columns = rowBytes - SKETCH_TRAILER_BYTES;
  const blockRows = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes));
  const hitsAt = blockRows * rowBytes;
  const groupsAt = hitsAt + Math.ceil((blockRows * Int32Array.BYTES_PER_ELEMENT) / VECTOR_BYTES) * VECTOR_BYTES;
  const groupBytes = (size: number): number => HEAD_BYTES + size * columns * Int16Array.BYTES_PER_ELEMENT;
  const memory = new WebAssembly.Memory({ initial: Math.ceil((groupsAt + PROBES_AT_ONCE * groupBytes(1)) / PAGE_BYTES) });
  const scans = scansOf(memory);

  const group = (first: number, size: number, at: number): ProbeGroup => ({
    first,
    size,
    scales: new Float32Array(memory.buffer, at, LANES),
    lengths: new Float32Array(memory.buffer, at + VECTOR_BYTES, LANES),
    thresholds: new Float32Array(memory.buffer, at + 2 * VECTOR_BYTES, LANES),
    codes: range(size).map((probe) => new Int16Array(memory.buffer, at + groupBytes(probe), columns)),
    scan: (rows) => scans[`scan${size}`]?.(rows, at, columns, hitsAt) ?? 0,
  });
  return {
    block: new Uint8Array(memory.buffer, 0, hitsAt),
    blockRows,
    hits: new Int32Array(memory.buffer, hitsAt, blockRows),
    groups: (probes) => {
      const groups: ProbeGroup[] = [];
      for (let first = 0, at = groupsAt; first < probes;) {
        const size = GROUP_SIZES.find((candidate) => candidate <= probes - first) ?? 1;
        groups.push(group(first, size, at));
        at += groupBytes(size);
        first += size;
      }
      return groups;
    },
    wipe: () => void new Uint8Array(memory.buffer).fill(0),
  };
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** @returns how many hits there are; see sketch-kernel.wat */
type Scan = (rows: number, groupAt: number, columns: number, hitsAt: number) => number;

let compiled: WebAssembly.Module | undefined;

function scansOf(memory: WebAssembly.Memory): Readonly<Record<string, Scan>> {
  compiled ??= new WebAssembly.Module(readFileSync(builtFile('sketch-kernel.wasm', import.meta.url)));
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports as Record<string, Scan>;
}
