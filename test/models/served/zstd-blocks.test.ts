// Zstandard comes apart as it is packed, in pieces that are bounded whatever they stand for. Frames are put together here by the
// format's own description; what the program `zstd` packs is tried where there is one.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { unzstd } from '../../../models/served/zstd-blocks.js';

const MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

function block(kind: 'raw' | 'rle', size: number, content: Uint8Array, isLast: boolean): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE((size << 3) | (kind === 'rle' ? 2 : 0) | (isLast ? 1 : 0), 0, 3);
  return Buffer.concat([header, content]);
}

/** @param window its descriptor: 2^(10 + n/8) bytes */
function frame(blocks: readonly Buffer[], window = 7 << 3): Buffer {
  return Buffer.concat([MAGIC, Buffer.from([0, window]), ...blocks]);
}

function rawFrame(content: Buffer): Buffer {
  const size = 100_000;
  const count = Math.ceil(content.length / size);
  const parts = Array.from({ length: count }, (_, index) => content.subarray(index * size, (index + 1) * size));
  return frame(parts.map((part, index) => block('raw', part.length, part, index === count - 1)));
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  await Promise.resolve();
}

async function unpacked(bytes: Uint8Array, size = 65_536): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of unzstd(inPieces(bytes, size))) parts.push(part);
  return Buffer.concat(parts);
}

test('one frame, several after each other, and frames of other kinds between them', async () => {
  const content = randomBytes(250_000);
  const index = Buffer.concat([Buffer.from([0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0]), Buffer.from('abc')]);
  const packed = Buffer.concat([
    index,
    rawFrame(content.subarray(0, 130_000)),
    index,
    rawFrame(content.subarray(130_000)),
    index,
  ]);
  for (const size of [7, 1000, 65_536, packed.length]) {
    expect((await unpacked(packed, size)).equals(content)).toBe(true);
  }
  const nothing = frame([block('raw', 0, Buffer.alloc(0), true)]);
  expect(await unpacked(nothing)).toHaveLength(0);
});

test('a few bytes that stand for gigabytes come out in small pieces, for as long as somebody takes them', async () => {
  const bomb = frame(Array.from({ length: 20_000 }, () => block('rle', 131_072, Buffer.of(1), false)));
  expect(bomb.length).toBeLessThan(100_000);
  let received = 0;
  for await (const piece of unzstd(inPieces(bomb, bomb.length))) {
    expect(piece.length).toBeLessThanOrEqual(131_072);
    received += piece.length;
    if (received > 5_000_000) break;
  }
  expect(received).toBeGreaterThan(5_000_000);
});

test.each([
  ['nothing', Buffer.alloc(0), /it is empty/],
  ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]), /it is not Zstandard/],
  ['the first bytes alone', MAGIC, /it ends too early/],
  ['half a frame', rawFrame(randomBytes(300_000)).subarray(0, 200_000), /it ends too early/],
  ['no last block', frame([block('raw', 3, Buffer.from('abc'), false)]), /it ends too early/],
  ['half a frame of another kind', Buffer.from([0x50, 0x2a, 0x4d, 0x18, 9, 0, 0, 0, 1]), /it ends too early/],
  ['something after it', Buffer.concat([rawFrame(Buffer.from('abc')), Buffer.from('more')]), /something else follows/],
  ['a window of 2 GiB', frame([block('raw', 1, Buffer.of(1), true)], 21 << 3), /a window of 2048 MiB, and at most 128 MiB/],
  ['a block of no known kind', frame([Buffer.from([7, 0, 0, 0])]), /./],
  ['a dictionary', Buffer.concat([MAGIC, Buffer.from([1, 7 << 3, 5]), block('raw', 1, Buffer.of(1), true)]), /a dictionary/],
  [
    'a single segment of 1 TiB',
    Buffer.concat([MAGIC, Buffer.from([0xe0, 0, 0, 0, 0, 0, 1, 0, 0]), block('raw', 1, Buffer.of(1), true)]),
    /a window of 1048576 MiB/,
  ],
])('refused: %s', async (_, bytes, message) => {
  await expect(unpacked(bytes)).rejects.toThrow(message);
});

test('what the program zstd packs comes out as it was', async ({ skip }) => {
  const text = Buffer.from(Array.from({ length: 60_000 }, (_, index) => `line ${index % 977} of ${index}`).join('\n'));
  const content = Buffer.concat([text, randomBytes(200_000), Buffer.alloc(3_000_000), text]);
  for (const options of [
    ['-1', '--no-check'],
    ['-12', '--check'],
  ]) {
    let packed: Buffer;
    try {
      packed = execFileSync('zstd', ['-q', '-c', ...options], {
        input: content,
        stdio: ['pipe', 'pipe', 'ignore'],
        maxBuffer: 1 << 26,
      });
    } catch {
      skip('there is no program zstd');
      return;
    }
    expect((await unpacked(packed)).equals(content)).toBe(true);
  }
});
