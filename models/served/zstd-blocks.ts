// Unpacks Zstandard as a stream. The decoder gives all that its input stands for at once, a few bytes may stand for gigabytes, and a
// frame may ask for a window of gigabytes: so it gets one block at a time, and no frame with a window above what `zstd` itself takes.
// The format: https://www.rfc-editor.org/rfc/rfc8878#section-3.1
import { Decompress } from 'fzstd';

/** The most that the `zstd` program unpacks without being asked to. */
const LARGEST_WINDOW = 128 << 20;
const MAGIC = 0xfd2fb528;
/** Sizes of the frame's content size and of the dictionary's id, by their two bits. */
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const RLE_BLOCK = 1;

/** @throws Error in one line where it is not Zstandard, ends too early or asks for too large a window */
export async function* unzstd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = new ByteQueue(chunks);
  let frames = 0;
  for (; await input.has(1); frames++) {
    const magic = (await input.peek(4)).readUInt32LE(0);
    // Frames for programs of other kinds, such as an index.
    if (magic >>> 4 === 0x184d2a5) {
      const size = (await input.peek(8)).readUInt32LE(4);
      await input.skip(8 + size);
      continue;
    }
    if (magic !== MAGIC) throw new Error(frames === 0 ? 'it is not Zstandard' : 'something else follows what is Zstandard');
    yield* unpackedFrame(input);
  }
  if (frames === 0) throw new Error('it is empty');
}

async function* unpackedFrame(input: ByteQueue): AsyncGenerator<Uint8Array> {
  let out: Uint8Array[] = [];
  const decoder = new Decompress((bytes) => {
    // A copy: the decoder goes on using what it gave.
    if (bytes.length > 0) out.push(Uint8Array.from(bytes));
  });
  const { header, hasChecksum } = await frameHeader(input);
  // Together with the first block, for fewer than 18 bytes tell the decoder nothing.
  let before: Uint8Array = header;
  for (let isLast = false; !isLast;) {
    const blockHeader = (await input.peek(3)).readUIntLE(0, 3);
    isLast = (blockHeader & 1) === 1;
    const isRle = ((blockHeader >> 1) & 3) === RLE_BLOCK;
    const size = 3 + (isRle ? 1 : blockHeader >> 3);
    const block = await input.take(size);
    const checksum = isLast && hasChecksum ? await input.take(4) : Buffer.alloc(0);
    decoder.push(Buffer.concat([before, block, checksum]), isLast);
    before = Buffer.alloc(0);
    const blocks = out;
    out = [];
    yield* blocks;
  }
}

async function frameHeader(input: ByteQueue): Promise<{ header: Uint8Array; hasChecksum: boolean }> {
  const descriptor = (await input.peek(5)).readUInt8(4);
  const isSingle = (descriptor & 32) !== 0;
  const sizeBits = descriptor >> 6;
  const sizeBytes = isSingle && sizeBits === 0 ? 1 : (CONTENT_SIZE_BYTES[sizeBits] ?? 0);
  const idBytes = DICTIONARY_ID_BYTES[descriptor & 3] ?? 0;
  if (idBytes > 0) throw new Error('it needs a dictionary');
  const header = await input.take(5 + (isSingle ? 0 : 1) + sizeBytes);
  const window = isSingle ? contentSize(header, sizeBytes) : windowSize(header.readUInt8(5));
  if (window > LARGEST_WINDOW) {
    throw new Error(
      `it asks for a window of ${Math.ceil(window / (1 << 20))} MiB, and at most ${LARGEST_WINDOW >> 20} MiB are given`,
    );
  }
  return { header, hasChecksum: (descriptor & 4) !== 0 };
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(header: Buffer, bytes: number): number {
  if (bytes === 8) return Number(header.readBigUInt64LE(5));
  return header.readUIntLE(5, bytes) + (bytes === 2 ? 256 : 0);
}

/** What has come of a stream and is not used yet: the chunk in hand, and as many more as one step needs. */
class ByteQueue {
  private readonly chunks: AsyncIterator<Uint8Array>;
  private held: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.chunks = chunks[Symbol.asyncIterator]();
  }

  async has(count: number): Promise<boolean> {
    const more: Buffer[] = [this.held];
    let length = this.held.length;
    while (length < count) {
      const next = await this.chunks.next();
      if (next.done) break;
      more.push(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength));
      length += next.value.byteLength;
    }
    if (more.length > 1) this.held = Buffer.concat(more, length);
    return length >= count;
  }

  async peek(count: number): Promise<Buffer> {
    if (!(await this.has(count))) throw new Error('it ends too early');
    return this.held.subarray(0, count);
  }

  async take(count: number): Promise<Buffer> {
    const taken = await this.peek(count);
    this.held = this.held.subarray(count);
    return taken;
  }

  async skip(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      if (!(await this.has(1))) throw new Error('it ends too early');
      const passed = Math.min(left, this.held.length);
      this.held = this.held.subarray(passed);
      left -= passed;
    }
  }
}
