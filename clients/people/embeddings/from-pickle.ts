// Named embeddings out of Python's pickles, such as DeepFace's. A pickle is a program that may call anything by its name: here it has
// lists, maps, texts, numbers and NumPy's arrays, and whatever else it names ends it before it runs.
import { BufferReader, Parser } from 'pickleparser';
import { floatsOf } from './floats.js';
import { embeddingsIn } from './from-values.js';
import { unreadable, type EmbeddingsFile, type NamedEmbedding } from './named-embedding.js';

/** A map, lists in it, entries in those, and their numbers. */
const MOST_DEPTH = 4;
/** Values, and numbers of arrays, that a pickle may make of its bytes: some refer to one thing many times. */
const MOST_VALUES = 100_000_000;
/** `LONG4`: whole numbers of any length, which nobody's embedding has. */
const LONG_NUMBER = 0x8b;

/** @throws CommandError that names what it would have run, or says that it cannot be read */
export function embeddingsInPickle(file: EmbeddingsFile): NamedEmbedding[] {
  let value: unknown;
  try {
    const reading = new Reading();
    const parser = new Parser({ nameResolver: { resolve: reading.known }, unpicklingTypeOfDictionary: 'Map' });
    value = reading.plain(parser.read(new ForwardReader(file.bytes)));
  } catch (error) {
    if (error instanceof RefusedPickleError) throw unreadable(file, error.message);
    throw unreadable(file, 'it is no pickle that can be read, or cut off');
  }
  return embeddingsIn(value, file);
}

class RefusedPickleError extends Error {}

const wouldRun = (name: string): RefusedPickleError =>
  new RefusedPickleError(`it would run ${name}, and only lists, maps, texts, numbers and NumPy's arrays are read from pickles`);

/** Lengths of pickles have signs: one that goes back would be read for ever. */
class ForwardReader extends BufferReader {
  #isAtOpcode = false;

  override hasNext(): boolean {
    this.#isAtOpcode = true;
    return super.hasNext();
  }

  override byte(): number {
    const value = super.byte();
    if (this.#isAtOpcode && value === LONG_NUMBER) throw new RefusedPickleError('it holds a whole number of no usual length');
    this.#isAtOpcode = false;
    return value;
  }

  override skip(offset: number): void {
    if (!Number.isSafeInteger(offset) || offset < 0) throw new RefusedPickleError('it is damaged: a length is below zero');
    super.skip(offset);
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
    if (found === null) throw new RefusedPickleError(`it holds an array of ${this.name}, not of float32 or float64`);
    return found;
  }
}

class NdArray {
  readonly #reading: Reading;
  values: Float32Array | Float64Array = new Float32Array();
  columns = 0;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /** Version, shape, dtype, whether it is in Fortran's order, and the bytes. */
  __setstate__([, shape, dtype, isFortran, bytes]: readonly unknown[]): void {
    if (!(dtype instanceof DType) || !Array.isArray(shape) || isFortran !== false)
      throw new RefusedPickleError('it holds an array that is not laid out row by row');
    const sides = shape as readonly unknown[];
    this.values = dtype.floats(bytes);
    this.#reading.count(this.values.length);
    this.columns = Number(sides.at(-1));
    const size = sides.reduce<number>((product, side) => product * Number(side), 1);
    if (sides.length < 1 || sides.length > 2 || size !== this.values.length || this.columns < 1)
      throw new RefusedPickleError('it holds an array that is neither a row nor rows');
  }

  /** One array, or a list of its rows. */
  rows(): unknown {
    const rows = this.values.length / this.columns;
    if (rows === 1) return this.values;
    return Array.from({ length: rows }, (_, row) => this.values.subarray(row * this.columns, (row + 1) * this.columns));
  }
}

type Callable = (...values: unknown[]) => unknown;

/** One pickle: what it may name, and how much it may make. */
class Reading {
  #values = 0;
  readonly #plain = new Map<unknown, unknown>();

  count(values: number): void {
    this.#values += values;
    if (this.#values > MOST_VALUES) throw new RefusedPickleError('it makes far more of itself than it is');
  }

  readonly known = (module: string, name: string): Callable => {
    const [isNumpy, inner] = /^numpy(?:\._?core)?(?:\.(\w+))?$/.exec(module) ?? [];
    switch (isNumpy === undefined ? `${module}.${name}` : `numpy ${inner === undefined ? '' : `${inner}.`}${name}`) {
      case 'numpy multiarray._reconstruct':
        return () => new NdArray(this);
      case 'numpy multiarray.scalar':
        return (dtype, bytes) => (dtype instanceof DType ? dtype.floats(bytes)[0] : NaN);
      case 'numpy numeric._frombuffer':
        return (bytes, dtype, shape, order) => {
          const array = new NdArray(this);
          array.__setstate__([1, shape, dtype, order !== undefined && order !== 'C', bytes]);
          return array;
        };
      case 'numpy dtype':
        return (kind) => new DType(String(kind));
      case 'numpy ndarray':
        // A name that is handed to `_reconstruct`, and never called.
        return () => {
          throw wouldRun('numpy.ndarray');
        };
      case '_codecs.encode':
        // How pickles of protocol 2 hold bytes.
        return (text) => Buffer.from(String(text), 'latin1');
      case 'collections.OrderedDict':
        return (pairs = []) => new Map(pairs as Iterable<[unknown, unknown]>);
      default:
        throw wouldRun(`${module}.${name}`);
    }
  };

  /** Lists, maps and numbers without NumPy; what is referred to twice is made once. */
  plain(value: unknown, depth = 0): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof NdArray) return value.rows();
    const known = this.#plain.get(value);
    if (known !== undefined) return known;
    if (depth > MOST_DEPTH) throw new RefusedPickleError('it holds lists in lists without end');
    const made = this.#inside(value, depth + 1);
    this.#plain.set(value, made);
    return made;
  }

  #inside(value: object, depth: number): unknown {
    if (Array.isArray(value)) {
      this.count(value.length);
      return value.map((one) => this.plain(one, depth));
    }
    if (!(value instanceof Map)) return value;
    this.count(value.size);
    // How Python 1 wrote maps: the library would lose what is in them.
    if (Object.keys(value).length > 0)
      throw new RefusedPickleError('it holds a map of an old kind: write it again with Python 3');
    return new Map([...value].map(([key, one]) => [key, this.plain(one, depth)]));
  }
}
