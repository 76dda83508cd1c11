// Models of any size that take no room until they are copied: their weights are a hole in the file.
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import proto from 'onnx-proto';
import { tinyClassifier } from './tiny-classifier.js';

const { GraphProto, ModelProto, TensorProto } = proto.onnx;
const CHUNK = 1 << 20;

/** All of such a model but its weights, which are `bytes` zeros that follow. */
function headOf(bytes: number): Buffer {
  const model = ModelProto.decode(tinyClassifier({ input: ['n', 3, 8, 8] }));
  const graph = GraphProto.encode(model.graph ?? {}).finish();
  const rest = ModelProto.encode({ ...model, graph: null }).finish();
  const weights = TensorProto.encode({ name: 'ballast', dims: [bytes], dataType: TensorProto.DataType.UINT8 }).finish();
  // raw_data, last in its tensor, which is last in the graph, which is last in the model.
  const data = Buffer.concat([weights, field(9, bytes)]);
  const inGraph = Buffer.concat([graph, field(5, data.length + bytes), data]);
  return Buffer.concat([rest, field(7, inGraph.length + bytes), inGraph]);
}

/** Tag and length of a field that has a length. */
function field(number: number, length: number): Buffer {
  const bytes = [number * 8 + 2];
  for (let left = length; ; left = Math.floor(left / 128)) {
    bytes.push(left < 128 ? left : (left % 128) + 128);
    if (left < 128) return Buffer.from(bytes);
  }
}

/** An ONNX classifier with so many bytes of weights. */
export async function writeSparseModel(path: string, bytes: number): Promise<void> {
  const head = headOf(bytes);
  const file = await open(path, 'w');
  await file.writeFile(head);
  await file.truncate(head.length + bytes);
  await file.close();
}

/** The same as gzip. */
export async function writeGzipModel(path: string, bytes: number): Promise<void> {
  await pipeline(contentOf(bytes), createGzip({ level: 1 }), createWriteStream(path));
}

/** The same as Zstandard, its weights in blocks that repeat one byte. */
export async function writeZstdModel(path: string, bytes: number): Promise<void> {
  await pipeline(zstdOf(bytes), createWriteStream(path));
}

function* contentOf(bytes: number): Generator<Buffer> {
  yield headOf(bytes);
  const zeros = Buffer.alloc(CHUNK);
  for (let left = bytes; left > 0; left -= CHUNK) yield zeros.subarray(0, Math.min(CHUNK, left));
}

function* zstdOf(bytes: number): Generator<Buffer> {
  const head = headOf(bytes);
  const block = (kind: number, size: number, isLast: boolean, content: Buffer): Buffer => {
    const header = Buffer.alloc(3);
    header.writeUIntLE((size << 3) | (kind << 1) | (isLast ? 1 : 0), 0, 3);
    return Buffer.concat([header, content]);
  };
  // Magic, no flags, a window of 128 KiB.
  yield Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3]);
  yield block(0, head.length, false, head);
  for (let left = bytes; left > 0; left -= 131_072) yield block(1, Math.min(131_072, left), left <= 131_072, Buffer.of(0));
}
