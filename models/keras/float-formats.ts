// Numbers of the formats that weights are kept in, as float32.

type Decode = (bytes: ArrayBuffer) => Float32Array;

/** By kind and bits. */
export const FLOAT_DECODERS: Readonly<Record<string, Decode>> = {
  float32: (bytes) => new Float32Array(bytes),
  float64: (bytes) => Float32Array.from(new Float64Array(bytes)),
  float16: (bytes) => Float32Array.from(new Uint16Array(bytes), halfToNumber),
  // The upper half of a float32.
  bfloat16: (bytes) => new Float32Array(Uint32Array.from(new Uint16Array(bytes), (half) => half << 16).buffer),
  int64: (bytes) => Float32Array.from(new BigInt64Array(bytes), Number),
  int32: (bytes) => Float32Array.from(new Int32Array(bytes)),
};

/** An IEEE 754 half: a sign, 5 bits of exponent, 10 of fraction. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
