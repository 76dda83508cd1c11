// Kernels in the order that ONNX has them in.

/** Numbers with their four axes in another order. @param order of each axis of the result, which of the source it is */
export function reordered(
  values: Float32Array,
  shape: readonly [number, number, number, number],
  order: readonly number[],
): Float32Array {
  const strides = [shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1];
  const [a = 0, b = 0, c = 0, d = 0] = order.map((axis) => shape[axis]);
  const [sa = 0, sb = 0, sc = 0, sd = 0] = order.map((axis) => strides[axis]);
  const result = new Float32Array(values.length);
  let to = 0;
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++)
      for (let k = 0; k < c; k++) {
        let from = i * sa + j * sb + k * sc;
        for (let l = 0; l < d; l++, from += sd) result[to++] = values[from] ?? 0;
      }
  return result;
}
