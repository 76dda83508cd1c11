// Just enough of an assembler to write one WebAssembly module of SIMD loops in TypeScript: instructions are arrays of
// bytes, a function is their concatenation. It knows encodings (WebAssembly core specification 2.0, chapter 5) and no
// purpose; it must not grow into a compiler.

export type Code = readonly number[];

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  do {
    const byte = value & 0x7f;
    value >>>= 7;
    bytes.push(value === 0 ? byte : byte | 0x80);
  } while (value !== 0);
  return bytes;
}

/** Signed LEB128 of 32 bits. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const byte = value & 0x7f;
    value >>= 7;
    const isLast = (value === 0 && (byte & 0x40) === 0) || (value === -1 && (byte & 0x40) !== 0);
    bytes.push(isLast ? byte : byte | 0x80);
    if (isLast) return bytes;
  }
}

const I32 = 0x7f;
const V128 = 0x7b;
const VOID = 0x40;

/** SIMD instructions with a memory argument say how their address is aligned (as a power of two) and a fixed offset. */
const simdAt =
  (opcode: number, align: number) =>
  (address: Code, offset: number): Code => [...address, 0xfd, ...unsigned(opcode), align, ...unsigned(offset)];
const simd1 =
  (opcode: number) =>
  (operand: Code): Code => [...operand, 0xfd, ...unsigned(opcode)];
const simd2 =
  (opcode: number) =>
  (left: Code, right: Code): Code => [...left, ...right, 0xfd, ...unsigned(opcode)];
const i32Binary =
  (opcode: number) =>
  (left: Code, right: Code): Code => [...left, ...right, opcode];

/** The instructions, by the names of the specification; operands are code that leaves its value on the stack. */
export const wasm = {
  get: (local: number): Code => [0x20, ...unsigned(local)],
  set: (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)],
  i32: (value: number): Code => [0x41, ...signed(value)],
  add: i32Binary(0x6a),
  shl: i32Binary(0x74),
  or: i32Binary(0x72),
  lessThan: i32Binary(0x48),
  storeI32: (address: Code, value: Code, offset: number): Code => [...address, ...value, 0x36, 2, ...unsigned(offset)],
  ifTrue: (condition: Code, then: Code): Code => [...condition, 0x04, VOID, ...then, 0x0b],
  /** Runs the body once, and again while the condition holds after it. */
  doWhile: (body: Code, condition: Code): Code => [0x03, VOID, ...body, ...condition, 0x0d, 0, 0x0b],

  v128Load: simdAt(0, 4),
  /** Eight int8, widened to int16. */
  i16x8Load8x8: simdAt(1, 3),
  f32x4LoadSplat: simdAt(9, 2),
  v128Zero: [0xfd, 12, ...new Array<number>(16).fill(0)] as Code,
  /** @param lanes 32-bit lanes of the result: 0..3 of the left, 4..7 of the right operand */
  shuffle32: (left: Code, right: Code, lanes: readonly number[]): Code => [
    ...left,
    ...right,
    0xfd,
    13,
    ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)),
  ],
  i32x4Bitmask: simd1(164),
  i32x4Add: simd2(174),
  /** Products of int16, neighbours added in int32. */
  i32x4Dot: simd2(186),
  f32x4Convert: simd1(250),
  f32x4Add: simd2(228),
  f32x4Mul: simd2(230),
  f32x4AtLeast: simd2(70),
};

export interface WasmFunction {
  readonly name: string;
  /** Takes so many i32, gives one. */
  readonly parameters: number;
  /** Locals after the parameters: first those of i32, then those of v128. */
  readonly i32Locals: number;
  readonly v128Locals: number;
  readonly body: Code;
}

/** @returns the bytes of a module that imports its memory as `env.memory` and exports the functions */
export function wasmModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes];
  const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
  const text = (value: string): Code => sized([...new TextEncoder().encode(value)]);
  const section = (id: number, content: Code): Code => [id, ...sized(content)];
  const types = functions.map(({ parameters }) => [0x60, ...list(new Array<Code>(parameters).fill([I32])), 1, I32]);
  const bodies = functions.map(({ i32Locals, v128Locals, body }) =>
    sized([
      ...list([
        [...unsigned(i32Locals), I32],
        [...unsigned(v128Locals), V128],
      ]),
      ...body,
      0x0b,
    ]),
  );
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(types)),
    ...section(2, list([[...text('env'), ...text('memory'), 2, 0, 1]])),
    ...section(3, list(functions.map((_, index) => unsigned(index)))),
    ...section(7, list(functions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)]))),
    ...section(10, list(bodies)),
  ]);
}
