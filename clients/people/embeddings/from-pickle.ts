// Named embeddings out of Python's pickles, such as DeepFace's. A pickle is a program that may call anything by its name: here it has
// lists, maps, texts, numbers and NumPy's arrays, and whatever else it names ends it before it runs.
import { Parser } from 'pickleparser';
import { floatsOf } from './floats.js';
import { embeddingsIn } from './from-values.js';
import { unreadable, type EmbeddingsFile, type NamedEmbedding } from './named-embedding.js';

/** @throws CommandError that names what it would have run */
export function embeddingsInPickle(file: EmbeddingsFile): NamedEmbedding[] {
  let value: unknown;
  try {
    value = new Parser({ nameResolver: { resolve: known }, unpicklingTypeOfDictionary: 'Map' }).parse(file.bytes);
  } catch (error) {
    if (error instanceof ForeignNameError) throw unreadable(file, error.message);
    throw unreadable(file, 'it is no pickle that can be read, or cut off');
  }
  return embeddingsIn(plain(value, 0), file);
}

class ForeignNameError extends Error {
  constructor(name: string) {
    super(`it would run ${name}, and only lists, maps, texts, numbers and NumPy's arrays are read from pickles`);
  }
}

class DType {
  #order = '<';

  constructor(readonly name: string) {}

  /** NumPy's state of a dtype begins with its version and the order of bytes. */
  __setstate__([, order]: readonly unknown[]): void {
    if (order === '>' || order === '<') this.#order = order;
  }

  floats(bytes: unknown): Float32Array | Float64Array {
    const found = bytes instanceof Uint8Array ? floatsOf(this.#order + this.name, bytes) : null;
    if (found === null) throw new ForeignNameError(`an array of ${this.name}`);
    return found;
  }
}

class NdArray {
  values: Float32Array | Float64Array = new Float32Array();
  shape: readonly unknown[] = [];

  /** Version, shape, dtype, whether it is in Fortran's order, and the bytes. */
  __setstate__([, shape, dtype, isFortran, bytes]: readonly unknown[]): void {
    if (!(dtype instanceof DType) || !Array.isArray(shape) || isFortran === true) throw new ForeignNameError('an odd array');
    this.shape = shape;
    this.values = dtype.floats(bytes);
  }
}

const NAMES: Readonly<Record<string, (...values: never[]) => unknown>> = {
  'multiarray._reconstruct': () => new NdArray(),
  'multiarray.scalar': (dtype: unknown, bytes: unknown) => (dtype instanceof DType ? dtype.floats(bytes)[0] : NaN),
  'numeric._frombuffer': (bytes: unknown, dtype: unknown, shape: unknown) => {
    const array = new NdArray();
    array.__setstate__([1, shape, dtype, false, bytes]);
    return array;
  },
  dtype: (name: unknown) => new DType(String(name)),
  // A name that is handed to `_reconstruct`, and never called.
  ndarray: () => {
    throw new ForeignNameError('numpy.ndarray');
  },
};

function known(module: string, name: string): (...values: unknown[]) => unknown {
  const [, inner] = /^numpy(?:\._?core)?(?:\.(.*))?$/.exec(module) ?? [];
  const isNumpy = module === 'numpy' || inner !== undefined;
  const key = inner === undefined ? name : `${inner}.${name}`;
  if (isNumpy && Object.hasOwn(NAMES, key)) return NAMES[key] as (...values: unknown[]) => unknown;
  // How pickles of protocol 2 hold bytes.
  if (module === '_codecs' && name === 'encode') return (text) => Buffer.from(String(text), 'latin1');
  if (module === 'collections' && name === 'OrderedDict') return () => new Map();
  throw new ForeignNameError(`${module}.${name}`);
}

/** Lists, maps and numbers without NumPy. */
function plain(value: unknown, depth: number): unknown {
  if (depth > 8) throw new ForeignNameError('lists in lists without end');
  if (value instanceof NdArray) return rowsOf(value);
  if (Array.isArray(value)) return value.map((one) => plain(one, depth + 1));
  if (value instanceof Map) return new Map([...value].map(([key, one]) => [key, plain(one, depth + 1)]));
  return value;
}

/** One array, or a list of its rows. */
function rowsOf({ values, shape }: NdArray): unknown {
  const [rows, columns] = shape.length === 2 ? (shape as [number, number]) : [1, values.length];
  if (rows === 1) return values;
  return Array.from({ length: rows }, (_, row) => values.subarray(row * columns, (row + 1) * columns));
}
