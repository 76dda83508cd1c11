// JPEG images of as many scans as wanted, valid throughout: black or grey pictures that a few hundred bytes ask hours of work for.

const SIDE_PX = 64;
const BLOCKS = (SIDE_PX / 8) ** 2;
const PLANES = 14;
const uint16 = (value: number): number[] => [value >> 8, value & 0xff];
const segment = (code: number, ...data: readonly number[]): number[] => [0xff, code, ...uint16(data.length + 2), ...data];
/** Codes of one bit each, 0: "nothing changes" of the DC coefficient, "nothing follows" of the others. */
const codes = (table: number): number[] => segment(0xc4, table, 1, ...new Array<number>(15).fill(0), 0);
const quantisation = segment(0xdb, 0, ...new Array<number>(64).fill(16));
const frame = (code: number, components: number): number[] => {
  const each = Array.from({ length: components }, (_, index) => [index + 1, 0x11, 0]).flat();
  return segment(code, 8, ...uint16(SIDE_PX), ...uint16(SIDE_PX), components, ...each);
};
const join = (head: readonly number[], scans: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from([0xff, 0xd8, ...head, ...quantisation, ...codes(0x00), ...codes(0x10), ...scans.flat(), 0xff, 0xd9]);

/** Progressive and grey: the DC coefficients, then of each of the others one plane of bits after another; up to 883 scans. */
export function progressiveJpeg(scans: number): Uint8Array {
  const nothing = new Array<number>(BLOCKS / 8).fill(0);
  const made = [[...segment(0xda, 1, 1, 0, 0, 0, 0), ...nothing]];
  for (let i = 0; i < scans - 1; i++) {
    const coefficient = 1 + Math.floor(i / PLANES);
    const low = PLANES - 1 - (i % PLANES);
    const high = low === PLANES - 1 ? 0 : low + 1;
    made.push([...segment(0xda, 1, 1, 0, coefficient, coefficient, (high << 4) | low), ...nothing]);
  }
  return join(frame(0xc2, 1), made);
}

/** Not progressive, in colour, a component in each scan: three are what it takes, more tell the same once more. */
export function sequentialJpeg(scans: number): Uint8Array {
  const nothing = new Array<number>(BLOCKS / 4).fill(0);
  const made = Array.from({ length: scans }, (_, i) => [...segment(0xda, 1, 1 + (i % 3), 0, 0, 63, 0), ...nothing]);
  return join(frame(0xc0, 3), made);
}

/** The image with more segments before its frame header. */
export function withSegments(image: Uint8Array, ...segments: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from([...image.subarray(0, 2), ...segments.flat(), ...image.subarray(2)]);
}
export const comment = (...data: readonly number[]): number[] => segment(0xfe, ...data);
