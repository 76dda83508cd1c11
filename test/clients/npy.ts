// Rows of numbers in NumPy's own format.

export function npyOf(rows: readonly (readonly number[])[], dtype: '<f4' | '<f8' | '>f4'): Buffer {
  const shape = `(${rows.length}, ${rows[0]?.length ?? 0})`;
  const text = `{'descr': '${dtype}', 'fortran_order': False, 'shape': ${shape}, }`;
  const header = Buffer.from(`${text.padEnd(64 - (10 % 64) + 63)}\n`, 'latin1');
  const start = Buffer.alloc(10);
  start.write('\x93NUMPY\x01\x00', 'latin1');
  start.writeUInt16LE(header.length, 8);
  const width = dtype.endsWith('8') ? 8 : 4;
  const values = Buffer.alloc(rows.flat().length * width);
  rows.flat().forEach((value, at) => {
    if (dtype === '<f8') values.writeDoubleLE(value, at * 8);
    else if (dtype === '<f4') values.writeFloatLE(value, at * 4);
    else values.writeFloatBE(value, at * 4);
  });
  return Buffer.concat([start, header, values]);
}
