// A model file without its weights: all of the graph that can be asked about, read without reading what makes the file large. So a
// model of gigabytes is looked at in a few kilobytes of memory. Knows protobuf's wire format and which fields of ONNX hold weights.
import { open, type FileHandle } from 'node:fs/promises';
import { ModelError } from '../model-error.js';

/** Fields up to this length are kept as they are; of longer ones what is within, and no tensor's data. */
const KEPT_WHOLE = 1 << 16;
/** No graph without weights is that large; a file of something else may be. */
const LARGEST_SKELETON = 64 << 20;
const WINDOW = 1 << 18;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

/** Fields of a message that are messages themselves and may hold weights, by number. */
interface Descent {
  readonly [field: number]: Descent;
}
const TENSOR: Descent = {};
const GRAPH: { [field: number]: Descent } = {};
/** `t`, `g`, `tensors`, `graphs` and the two of sparse tensors. */
const ATTRIBUTE: Descent = {
  5: TENSOR,
  6: GRAPH,
  10: TENSOR,
  11: GRAPH,
  22: { 1: TENSOR, 2: TENSOR },
  23: { 1: TENSOR, 2: TENSOR },
};
const NODE: Descent = { 5: ATTRIBUTE };
// `node`, `initializer`, `sparse_initializer`.
Object.assign(GRAPH, { 1: NODE, 5: TENSOR, 15: { 1: TENSOR, 2: TENSOR } });
/** `graph` and `functions`. */
const MODEL: Descent = { 7: GRAPH, 25: { 7: NODE } };

/**
 * The bytes of a model that is the same but for its large tensors, which have no data.
 * @throws ModelError `BAD_MODEL` where the file is not in protobuf's format or ends too early; what the file system throws
 */
export async function readSkeleton(path: string, label: string): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const reader = new WireReader(handle, size, label);
    const kept = await keptOf(reader, size, MODEL);
    if (kept.length === 0) throw reader.noModel('it is empty');
    return Buffer.concat(kept);
  } finally {
    await handle.close();
  }
}

/** The fields of a message that ends at `end`, without the long ones that `descent` does not lead into. */
async function keptOf(reader: WireReader, end: number, descent: Descent): Promise<Uint8Array[]> {
  const kept: Uint8Array[] = [];
  while (reader.at < end) {
    const tag = await reader.varint();
    const field = Math.floor(tag / 8);
    const type = tag % 8;
    if (field === 0) throw reader.noModel('a field has no number');
    if (type === VARINT) {
      const start = reader.at;
      await reader.varint();
      const length = reader.at - start;
      reader.at = start;
      kept.push(varintBytes(tag), await reader.take(length));
    } else if (type === FIXED64 || type === FIXED32) {
      kept.push(varintBytes(tag), await reader.take(type === FIXED64 ? 8 : 4));
    } else if (type === LENGTH) {
      const length = await reader.varint();
      if (reader.at + length > end) throw reader.noModel('a field is longer than what it is in');
      const within = descent[field];
      if (length <= KEPT_WHOLE) kept.push(varintBytes(tag), varintBytes(length), await reader.take(length));
      else if (within === undefined) reader.skip(length);
      else {
        const inner = await keptOf(reader, reader.at + length, within);
        const innerLength = inner.reduce((sum, bytes) => sum + bytes.length, 0);
        kept.push(varintBytes(tag), varintBytes(innerLength), ...inner);
      }
    } else throw reader.noModel(`a field is of the unknown kind ${type}`);
  }
  return kept;
}

/** Reads on through a file in windows; what is passed over is not read. */
class WireReader {
  at = 0;
  private window: Buffer = Buffer.alloc(0);
  private windowStart = 0;
  private kept = 0;

  constructor(
    private readonly handle: FileHandle,
    private readonly size: number,
    private readonly label: string,
  ) {}

  noModel(why: string): ModelError {
    return new ModelError('BAD_MODEL', `${this.label} is no ONNX model, or not all of one: ${why} (at byte ${this.at})`);
  }

  private keep(bytes: number): void {
    this.kept += bytes;
    if (this.kept > LARGEST_SKELETON) throw this.noModel('it is too large without its weights');
  }

  skip(count: number): void {
    this.at += count;
  }

  /** A whole number below 2^53; larger ones (negative ones too) lose their upper bits, for no length or tag is one. */
  async varint(): Promise<number> {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const [byte = 0] = await this.look(1);
      this.at++;
      if (shift < 49) value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw this.noModel('a number does not end');
  }

  /** A copy, since the window is filled anew. */
  async take(count: number): Promise<Uint8Array> {
    // With what its tag and its place in a list take.
    this.keep(count + 16);
    const bytes = Buffer.from(await this.look(count));
    this.at += count;
    return bytes;
  }

  private async look(count: number): Promise<Buffer> {
    if (this.at + count > this.size) throw this.noModel('it ends too early');
    const offset = this.at - this.windowStart;
    if (offset >= 0 && offset + count <= this.window.length) return this.window.subarray(offset, offset + count);
    const window = Buffer.alloc(Math.min(Math.max(WINDOW, count), this.size - this.at));
    let filled = 0;
    while (filled < window.length) {
      const { bytesRead } = await this.handle.read(window, filled, window.length - filled, this.at + filled);
      if (bytesRead === 0) throw this.noModel('it became shorter while it was read');
      filled += bytesRead;
    }
    this.window = window;
    this.windowStart = this.at;
    return window.subarray(0, count);
  }
}

function varintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
