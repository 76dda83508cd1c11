// The loop that a search spends its time in, as WebAssembly SIMD: how similar the sketched rows of a block can at most be
// to a few probes, and which are worth an exact look. It sees memory of its own only, and knows nothing of people.
//
//   memory:  block of sketches | hits | group | group | ...       group: scales, lengths, thresholds, probes as int16
import { SKETCH_STEP, SKETCH_TRAILER_BYTES, sketchBytes } from './sketch.js';
import { wasm as w, wasmModule, type Code } from './wasm-module.js';

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
  const scans = compile(memory, rowBytes, hitsAt);

  const group = (first: number, size: number, at: number): ProbeGroup => ({
    first,
    size,
    scales: new Float32Array(memory.buffer, at, LANES),
    lengths: new Float32Array(memory.buffer, at + VECTOR_BYTES, LANES),
    thresholds: new Float32Array(memory.buffer, at + 2 * VECTOR_BYTES, LANES),
    codes: range(size).map((probe) => new Int16Array(memory.buffer, at + groupBytes(probe), columns)),
    scan: (rows) => scans[nameOf(size)]?.(rows, at) ?? 0,
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
const nameOf = (groupSize: number): string => `scan${groupSize}`;

type Scan = (rows: number, groupAt: number) => number;

function compile(memory: WebAssembly.Memory, rowBytes: number, hitsAt: number): Readonly<Record<string, Scan>> {
  const functions = GROUP_SIZES.map((size) => ({
    name: nameOf(size),
    parameters: 2,
    i32Locals: 6,
    v128Locals: LANES + 2,
    body: scanBody(size, rowBytes, hitsAt),
  }));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasmModule(functions)), { env: { memory } });
  return exports as Record<string, Scan>;
}

/**
 * One row by the probes of a group at a time: the row's codes are widened from int8 to int16, multiplied with each
 * probe's, and summed in int32, which cannot overflow (see `sketchProbe`). In words of JavaScript:
 *
 *   for (row = 0; row < rows; row++) {
 *     sums[probe] += codes[column] * probeCodes[probe][column]            for every column and probe
 *     atMost[probe] = sums[probe] * rowScale * scales[probe] + rowError * lengths[probe]
 *     mask = bit of every probe with atMost[probe] >= thresholds[probe]
 *     if (mask !== 0) hits[hitCount++] = row << 4 | mask
 *   }
 */
function scanBody(size: number, rowBytes: number, hitsAt: number): Code {
  const [rows, group, row, rowAt, columnsEnd, probeAt, mask, hitCount] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
  const sums = [8, 9, 10, 11].slice(0, size);
  const [codes, product] = [12, 13] as const;
  const columns = rowBytes - SKETCH_TRAILER_BYTES;
  const probeBytes = columns * Int16Array.BYTES_PER_ELEMENT;
  const add = (local: number, amount: number): Code => w.set(local, w.add(w.get(local), w.i32(amount)));

  // Eight columns are one vector of int16.
  const multiplyEight = (column: number): Code => [
    ...w.set(codes, w.i16x8Load8x8(w.get(rowAt), column)),
    ...sums.flatMap((sum, probe) => [
      ...w.set(product, w.i32x4Dot(w.get(codes), w.v128Load(w.get(probeAt), HEAD_BYTES + probe * probeBytes + column * 2))),
      ...w.set(sum, w.i32x4Add(w.get(sum), w.get(product))),
    ]),
  ];
  const multiplyColumns: Code = w.doWhile(
    [
      ...range(SKETCH_STEP / 8).flatMap((eight) => multiplyEight(eight * 8)),
      ...add(probeAt, SKETCH_STEP * Int16Array.BYTES_PER_ELEMENT),
      ...add(rowAt, SKETCH_STEP),
    ],
    w.lessThan(w.get(rowAt), w.get(columnsEnd)),
  );

  // Four vectors of partial sums become one vector of totals.
  const sumOf = (probe: number): Code => {
    const local = sums[probe];
    return local === undefined ? w.v128Zero : w.get(local);
  };
  const fold = (a: Code, b: Code, left: readonly number[], right: readonly number[]): Code =>
    w.i32x4Add(w.shuffle32(a, b, left), w.shuffle32(a, b, right));
  const foldPair = (probe: number): Code => fold(sumOf(probe), sumOf(probe + 1), [0, 4, 1, 5], [2, 6, 3, 7]);
  const totals = fold(foldPair(0), foldPair(2), [0, 1, 4, 5], [2, 3, 6, 7]);

  // Behind the columns stands the row's trailer, and rowAt: its scale, then its error.
  const scaled = w.f32x4Mul(w.f32x4Convert(totals), w.f32x4Mul(w.v128Load(w.get(group), 0), w.f32x4LoadSplat(w.get(rowAt), 0)));
  const error = w.f32x4Mul(w.v128Load(w.get(group), VECTOR_BYTES), w.f32x4LoadSplat(w.get(rowAt), 4));
  const isHit = w.f32x4AtLeast(w.f32x4Add(scaled, error), w.v128Load(w.get(group), 2 * VECTOR_BYTES));
  const noteHit: Code = [
    ...w.storeI32(w.shl(w.get(hitCount), w.i32(2)), w.or(w.shl(w.get(row), w.i32(HIT_BITS)), w.get(mask)), hitsAt),
    ...add(hitCount, 1),
  ];

  const eachRow: Code = [
    ...sums.flatMap((sum) => w.set(sum, w.v128Zero)),
    ...w.set(columnsEnd, w.add(w.get(rowAt), w.i32(columns))),
    ...w.set(probeAt, w.get(group)),
    ...multiplyColumns,
    ...w.set(mask, w.i32x4Bitmask(isHit)),
    ...w.ifTrue(w.get(mask), noteHit),
    ...add(rowAt, SKETCH_TRAILER_BYTES),
    ...add(row, 1),
  ];
  return [...w.doWhile(eachRow, w.lessThan(w.get(row), w.get(rows))), ...w.get(hitCount)];
}
