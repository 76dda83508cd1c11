// The cosine of L2-normalised vectors: their dot product. Every comparison of two faces in plain JavaScript goes through here.

/**
 * Four sums at once keep the processor's units busy; float32 values, float64 sums.
 * @param start where the row begins in the matrix
 * @returns -1..1
 */
export function cosineWithRow(matrix: Float32Array, start: number, probe: Float32Array): number {
  const dim = probe.length;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const whole = dim - (dim % 4);
  for (let i = 0, j = start; i < whole; i += 4, j += 4) {
    a += (matrix[j] as number) * (probe[i] as number);
    b += (matrix[j + 1] as number) * (probe[i + 1] as number);
    c += (matrix[j + 2] as number) * (probe[i + 2] as number);
    d += (matrix[j + 3] as number) * (probe[i + 3] as number);
  }
  for (let i = whole; i < dim; i++) a += (matrix[start + i] as number) * (probe[i] as number);
  // Rounding must not lead out of the cosine's range.
  return Math.max(-1, Math.min(1, a + b + (c + d)));
}

/** Of two vectors of one length. */
export const cosine = (a: Float32Array, b: Float32Array): number => cosineWithRow(a, 0, b);
