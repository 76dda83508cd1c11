// Writes an ONNX file from front to back, each constant made just before it is written, so that no more than one of them is in memory.
// The file is one protobuf message, whose parts' lengths are known before their numbers are.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import proto from 'onnx-proto';
import type { onnx } from 'onnx-proto';
import { KerasFault } from './bad-model.js';
import type { Network } from './network.js';
import type { Constant } from './onnx-builder.js';

const { GraphProto, ModelProto, TensorProto } = proto.onnx;

/** Numbers of fields that hold bytes, with protobuf's mark for those. */
const GRAPH = (7 << 3) | 2;
const INITIALIZER = (5 << 3) | 2;
const RAW_DATA = (9 << 3) | 2;
/** Protobuf's own bound, past which nobody reads it. */
const MOST_BYTES = 2 ** 31 - 1;
/** The first with GELU; its files are of the version beside it. */
const OPSET = 20;
const IR_VERSION = 9;
export const FREE_BATCH = 'batch';

export interface WrittenFile {
  readonly sha256: string;
  readonly bytes: number;
}

/** @throws KerasFault where a weight cannot be read or the file would be too large; what the file system throws */
export async function writeOnnx(path: string, network: Network, signal?: AbortSignal): Promise<WrittenFile> {
  const head = ModelProto.encode({
    irVersion: IR_VERSION,
    producerName: 'onlooker',
    opsetImport: [{ domain: '', version: OPSET }],
  }).finish();
  const constants = [...network.graph.constants.values()].map((constant) => ({ constant, head: headOf(constant) }));
  const rest = GraphProto.encode(graphOf(network)).finish();
  const graphBytes = constants.reduce((sum, { constant, head }) => sum + head.length + constant.bytes, rest.length);
  const start = Buffer.concat([head, Buffer.from([GRAPH]), varint(graphBytes)]);
  const bytes = start.length + graphBytes;
  if (bytes > MOST_BYTES) throw new KerasFault(`it would be an ONNX file of ${bytes} bytes, and those end at 2 GiB`);
  const hash = createHash('sha256');
  const file = await open(path, 'wx');
  try {
    const put = async (part: Uint8Array) => {
      hash.update(part);
      await file.writeFile(part);
    };
    await put(start);
    for (const { constant, head } of constants) {
      signal?.throwIfAborted();
      await put(head);
      await put(constant.read());
    }
    await put(rest);
    await file.sync();
  } finally {
    await file.close();
  }
  return { sha256: hash.digest('hex'), bytes };
}

/** What comes before a constant's numbers. */
function headOf({ name, dims, dataType, bytes }: Constant): Buffer {
  const fields = TensorProto.encode({ name, dims: [...dims], dataType }).finish();
  const data = Buffer.concat([Buffer.from([RAW_DATA]), varint(bytes)]);
  return Buffer.concat([Buffer.from([INITIALIZER]), varint(fields.length + data.length + bytes), fields, data]);
}

function graphOf({ graph, input, output }: Network): onnx.IGraphProto {
  const inner = [...graph.shapes].filter(([name]) => name !== input.name && name !== output.name);
  return {
    name: 'keras',
    node: graph.nodes,
    input: [valueInfo(input.name, input.shape)],
    output: [valueInfo(output.name, output.shape)],
    valueInfo: inner.map(([name, shape]) => valueInfo(name, shape)),
  };
}

function valueInfo(name: string, shape: readonly number[]): onnx.IValueInfoProto {
  const dim = [{ dimParam: FREE_BATCH }, ...shape.map((dimValue) => ({ dimValue }))];
  return { name, type: { tensorType: { elemType: TensorProto.DataType.FLOAT, shape: { dim } } } };
}

/** A length as protobuf writes it: seven bits a byte, the lowest first. */
function varint(length: number): Buffer {
  const bytes: number[] = [];
  for (let left = length; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) | 128);
  }
}
