// Numbers as NumPy lays them down.

/** @param dtype NumPy's name of them: `<f4`, `>f8` @returns null for another kind of numbers */
export function floatsOf(dtype: string, bytes: Uint8Array): Float32Array | Float64Array | null {
  const [, order = '', size = ''] = /^([<>=|]?)f([48])$/.exec(dtype) ?? [];
  if (size === '') return null;
  const isLittle = order !== '>';
  const width = Number(size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new (width === 4 ? Float32Array : Float64Array)(Math.floor(bytes.byteLength / width));
  for (let at = 0; at < values.length; at++)
    values[at] = width === 4 ? view.getFloat32(at * 4, isLittle) : view.getFloat64(at * 8, isLittle);
  return values;
}
