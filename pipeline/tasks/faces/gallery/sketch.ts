// The second representation of an embedding: its values as int8, with what they must be multiplied by and how far they are
// off. Pure arithmetic, which says how similar a row can at most be, so that a search looks exactly only where it matters:
//
//   row = s c + e, probe = t d + f      (c int8, d int16; e and f are what the coding loses)
//   row . probe = s t (c . d) + e . probe + s c . f  <=  s t (c . d) + |e| |probe| + |s c| |f|      (Cauchy-Schwarz)

/** Columns are padded to a multiple of it: so many sketch-kernel.wat does at a time. */
export const SKETCH_STEP = 16;
/** After the codes: scale and error (float32), padding; sketch-kernel.wat goes on by as many. */
export const SKETCH_TRAILER_BYTES = 16;
const INT8_MOST = 127;
const INT16_MOST = 32_767;
const INT32_MOST = 2 ** 31 - 1;
/** Bounds are made in float32: more than what rounding can take from one of a similarity up to 1. */
const ROUNDING = 4e-6;

const columnsOf = (dim: number): number => Math.ceil(dim / SKETCH_STEP) * SKETCH_STEP;

/** How long a row's sketch is. */
export const sketchBytes = (dim: number): number => columnsOf(dim) + SKETCH_TRAILER_BYTES;

function largest(values: Float32Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const value = Math.abs(values[i] as number);
    if (value > most) most = value;
  }
  return most;
}

/** Far faster than Math.round, and which way a half goes does not matter here. */
const roundHalf = (value: number): number => (value < 0 ? value - 0.5 : value + 0.5) | 0;

/**
 * Writes a row: embedding = scale * codes + rest, and how long the rest is at most.
 * @param sketches of a chunk, aligned to 4 bytes
 */
export function sketchRow(embedding: Float32Array, sketches: Uint8Array, row: number): void {
  const rowBytes = sketchBytes(embedding.length);
  const at = sketches.byteOffset + row * rowBytes;
  const codes = new Int8Array(sketches.buffer, at, embedding.length);
  const trailer = new Float32Array(sketches.buffer, at + rowBytes - SKETCH_TRAILER_BYTES, 2);
  const scale = Math.fround(largest(embedding) / INT8_MOST);
  const inverse = scale === 0 ? 0 : 1 / scale;
  let squares = 0;
  for (let i = 0; i < embedding.length; i++) {
    const value = embedding[i] as number;
    const code = roundHalf(value * inverse);
    codes[i] = code;
    squares += (value - code * scale) ** 2;
  }
  trailer[0] = scale;
  trailer[1] = Math.sqrt(squares) + ROUNDING;
}

/**
 * A probe as int16: as many bits as the sums of a whole row leave room for.
 * @param codes takes as many values as a sketch has columns
 * @returns its scale, the probe's length, and `slack`: how much similarity the coding of the probe may hide. No row
 *   that is L2-normalised has a sketch twice as long.
 */
export function sketchProbe(probe: Float32Array, codes: Int16Array): { scale: number; length: number; slack: number } {
  const limit = Math.min(INT16_MOST, Math.floor(INT32_MOST / (INT8_MOST * codes.length)));
  const scale = Math.fround(largest(probe) / limit);
  const inverse = scale === 0 ? 0 : 1 / scale;
  let squares = 0;
  let rests = 0;
  codes.fill(0);
  for (let i = 0; i < probe.length; i++) {
    const value = probe[i] as number;
    const code = roundHalf(value * inverse);
    codes[i] = code;
    squares += value ** 2;
    rests += (value - code * scale) ** 2;
  }
  return { scale, length: Math.sqrt(squares), slack: 2 * Math.sqrt(rests) + ROUNDING };
}
