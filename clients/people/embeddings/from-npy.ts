// Embeddings out of NumPy's own format (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): one row for each, whose
// names stand elsewhere.
import { floatsOf } from './floats.js';
import { unreadable, type EmbeddingsFile, type NamedEmbedding } from './named-embedding.js';

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');

/** @throws CommandError */
export function embeddingsInNpy(file: EmbeddingsFile): NamedEmbedding[] {
  const { bytes, names } = file;
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw unreadable(file, 'it is no .npy file');
  const isFirst = bytes[6] === 1;
  const start = isFirst ? 10 : 12;
  if (bytes.length < start) throw unreadable(file, 'it is cut off');
  const end = start + (isFirst ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8));
  const header = bytes.toString('latin1', start, end);
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? '';
  const [rows = 0, columns = 0, ...more] = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .map(Number)
    .filter(Boolean);
  if (header.includes("'fortran_order': True")) throw unreadable(file, 'it holds columns (Fortran order), not rows');
  if (rows === 0 || columns === 0 || more.length > 0) throw unreadable(file, 'it must hold a row for each embedding');
  const values = floatsOf(descr, bytes.subarray(end));
  if (values === null) throw unreadable(file, `its numbers are ${descr}, not float32 or float64`);
  if (values.length < rows * columns) throw unreadable(file, 'it is cut off');
  if (names === null)
    throw unreadable(file, 'it holds no names: --names names a text file with one a line, in the order of its rows');
  if (names.length !== rows) throw unreadable(file, `it has ${rows} rows, and there are ${names.length} names`);
  return names.map((name, row) => ({
    name,
    externalId: null,
    numbers: values.subarray(row * columns, (row + 1) * columns),
    place: `row ${row + 1}`,
  }));
}
