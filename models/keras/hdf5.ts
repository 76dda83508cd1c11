// Reads HDF5 files, the format that Keras keeps weights in, one dataset at a time. What it reads comes from strangers, and HDF5
// lets a file name others as the home of its groups and data: while the library works, it may open this one file alone.
import { resolve } from 'node:path';
import { statSync } from 'node:fs';
import { Dataset, File, Group, ready } from 'h5wasm/node';
import { KerasFault } from './bad-model.js';
import { FLOAT_DECODERS } from './float-formats.js';

type Module = Awaited<typeof ready>;

/** A tensor in the file; nothing of its numbers has been read. */
export interface StoredTensor {
  readonly shape: readonly number[];
  /** Its numbers as float32, read when called. */
  readonly read: () => Float32Array;
}

/**
 * How much more may be unpacked than the file is long: weights hardly compress, those of which most are zero do by a hundred;
 * a file that was made to fill a disk grows by a million.
 */
const MOST_GROWTH = 200;
/** Small files with a small model are not measured so closely. */
const GROWTH_ALLOWANCE = 16 << 20;
/** Attributes of lists that are too long for HDF5 are kept in parts; a list of a thousand parts is none of Keras. */
const MOST_PARTS = 1000;
const PART_BYTES = 8 << 20;
const NO_SUCH_FILE = 44;
const STANDARD_ERROR = 2;

/** Some of a tensor's rows along one axis. */
interface Range {
  readonly axis: number;
  readonly from: number;
  readonly rows: number;
}

export class Hdf5File {
  private readonly most: number;
  private unpacked = 0;

  private constructor(
    private readonly module: Module,
    private readonly file: File,
    bytes: number,
  ) {
    this.most = bytes * MOST_GROWTH + GROWTH_ALLOWANCE;
  }

  /** @throws KerasFault where it is no HDF5 file or not whole */
  static async open(path: string): Promise<Hdf5File> {
    const module = await ready;
    const whole = resolve(path);
    const file = confined(module, whole, 'it cannot be opened as HDF5', () => new File(whole, 'r'));
    return new Hdf5File(module, file, statSync(whole).size);
  }

  /** Nothing that goes wrong here matters: it was only read. */
  close(): void {
    try {
      this.within('/', () => this.file.close());
    } catch (error) {
      if (!(error instanceof KerasFault)) throw error;
    }
  }

  /** A text attribute, undefined where there is none. */
  text(group: string, name: string): string | undefined {
    const value = this.attribute(group, name);
    return typeof value === 'string' ? value : undefined;
  }

  /** A list of texts, which Keras splits into `name0`, `name1`… where it is long. */
  texts(group: string, name: string): string[] | undefined {
    const whole = this.attribute(group, name);
    if (whole !== undefined) return textsOf(whole);
    const parts: string[] = [];
    for (let index = 0; index < MOST_PARTS; index++) {
      const part = this.attribute(group, `${name}${index}`);
      if (part === undefined) return index > 0 ? parts : undefined;
      parts.push(...textsOf(part));
    }
    throw new KerasFault(`the list "${name}" of ${group} does not end`);
  }

  /** Names within a group, none where there is no such group. */
  names(group: string): string[] {
    return this.within(group, () => {
      const found = this.file.get(group);
      return found instanceof Group ? found.keys() : [];
    });
  }

  /** @throws KerasFault where it is kept in a way that no weights are kept in */
  tensor(path: string): StoredTensor | undefined {
    const metadata = this.within(path, () => {
      const found = this.file.get(path);
      return found instanceof Dataset ? found.metadata : undefined;
    });
    if (!metadata) return undefined;
    const { shape, size, type } = metadata;
    if (!shape) throw new KerasFault(`${path} holds nothing`);
    const marked = this.attribute(path, 'dtype');
    const { H5T_FLOAT, H5T_INTEGER } = this.module.H5T_class_t;
    const kind = marked === 'bfloat16' ? 'bfloat' : type === H5T_FLOAT.value ? 'float' : type === H5T_INTEGER.value ? 'int' : '';
    const decode = FLOAT_DECODERS[`${kind}${size * 8}`];
    if (!decode) throw new KerasFault(`${path} is not of a type of number that is known`);
    // What is compressed is so in chunks, which would be unpacked again for every part.
    const inParts = metadata.chunks === null;
    return { shape, read: () => decode(this.bytes(path, shape, size, inParts)) };
  }

  private bytes(path: string, shape: readonly number[], size: number, inParts: boolean): ArrayBuffer {
    const bytes = shape.reduce((product, length) => product * length, size);
    this.unpacked += bytes;
    if (this.unpacked > this.most) throw new KerasFault('it unpacks to far more than weights can');
    const result = new Uint8Array(bytes);
    // The library's memory never shrinks again, so that large tensors come through it in parts: ranges along the first axis there is.
    const axis = Math.max(
      0,
      shape.findIndex((length) => length > 1),
    );
    const length = shape[axis] ?? 1;
    const rowBytes = bytes / Math.max(1, length);
    const step = inParts ? Math.max(1, Math.floor(PART_BYTES / rowBytes)) : length;
    for (let from = 0; from < length; from += step) {
      const rows = Math.min(step, length - from);
      const part = this.part(path, shape, { axis, from, rows }, rows * rowBytes);
      result.set(part, from * rowBytes);
    }
    return result.buffer;
  }

  private part(path: string, shape: readonly number[], range: Range, bytes: number): Uint8Array {
    return this.within(path, () => {
      const at = this.module._malloc(bytes);
      if (at === 0) throw new KerasFault(`there is not enough memory for ${path} of ${bytes} bytes`);
      try {
        const whole = range.rows === (shape[range.axis] ?? 1);
        const counts = shape.map((length, axis) => BigInt(axis === range.axis ? range.rows : length));
        const offsets = shape.map((_, axis) => BigInt(axis === range.axis ? range.from : 0));
        const steps = shape.map(() => 1n);
        const [count, offset, stride] = whole ? [null, null, null] : [counts, offsets, steps];
        const status = this.module.get_dataset_data(this.file.file_id, path, count, offset, stride, BigInt(at));
        if (status < 0) throw new Error('what was printed says why');
        return this.module.HEAPU8.slice(at, at + bytes);
      } finally {
        this.module._free(at);
      }
    });
  }

  private attribute(path: string, name: string): unknown {
    return this.within(path, () => {
      const found = path === '/' ? this.file : this.file.get(path);
      return found instanceof Group || found instanceof Dataset ? found.attrs[name]?.value : undefined;
    });
  }

  private within<T>(path: string, work: () => T): T {
    return confined(this.module, undefined, `${path} cannot be read`, work);
  }
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}

interface FileSystem {
  open: (path: string, ...rest: unknown[]) => unknown;
  write: (stream: { fd: number }, buffer: Uint8Array, offset: number, length: number, ...rest: unknown[]) => number;
  readonly ErrnoError: new (code: number) => Error;
}

/**
 * Lets the library work, which is never more than one synchronous call. Its file system is node's own, so opening is guarded
 * here. It tells why something failed by printing it, and goes on with whatever the memory held: what is printed is caught,
 * and makes it an error.
 */
function confined<T>(module: Module, allowed: string | undefined, failure: string, work: () => T): T {
  const system = module.FS as unknown as FileSystem;
  const { open, write } = system;
  let printed = '';
  system.open = (path, ...rest) => {
    if (path !== allowed) throw new system.ErrnoError(NO_SUCH_FILE);
    return open.call(system, path, ...rest);
  };
  system.write = (stream, buffer, offset, length, ...rest) => {
    if (stream.fd !== STANDARD_ERROR) return write.call(system, stream, buffer, offset, length, ...rest);
    printed += Buffer.from(buffer.slice(offset, offset + length)).toString();
    return length;
  };
  try {
    const result = work();
    if (printed !== '') throw new KerasFault(`${failure}: ${innermost(printed)}`);
    return result;
  } catch (error) {
    if (error instanceof KerasFault) throw error;
    throw new KerasFault(printed === '' ? failure : `${failure}: ${innermost(printed)}`, { cause: error });
  } finally {
    system.open = open;
    system.write = write;
  }
}

/** Of a trace of HDF5, the first error's innermost line: `#006: …/H5Fsuper.c line 577 in H5F__super_read(): truncated file: …`. */
function innermost(trace: string): string {
  const [first = ''] = trace.split('HDF5-DIAG').filter((part) => part.includes('#000'));
  const lines = first.split('\n').filter((line) => /^\s*#\d+:/.test(line));
  return lines.at(-1)?.replace(/^.*?\(\): /, '') ?? 'damaged';
}
