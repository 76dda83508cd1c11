// What the gallery's tests share: directories that go away, and unit vectors that are the same in every run.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Gallery, type GalleryOptions, type NewFace } from '../../pipeline/gallery/gallery.js';

export const DIM = 64;
export const MODEL = { id: 'test/embedder', sha256: 'a'.repeat(64), dim: DIM };

/** An empty directory, removed when the test is over. */
export function temporaryDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'onlooker-gallery-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A gallery that is closed when the test is over, before its directory goes. */
export async function openGallery(dir: string, options: Partial<GalleryOptions> = {}): Promise<Gallery> {
  const gallery = await Gallery.open({ dir, model: MODEL, ...options });
  onTestFinished(() => gallery.close());
  return gallery;
}

/** A unit vector of the seed: normally distributed values (mulberry32, Box-Muller), so every direction is as likely. */
export function unitVector(seed: number, dim = DIM): Float32Array {
  let state = seed >>> 0;
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const vector = Float32Array.from(
    { length: dim },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

export function faceOf(seed: number): NewFace {
  const imageSha256 = createHash('sha256').update(`image ${seed}`).digest('hex');
  return { embedding: unitVector(seed), quality: 0.75, box: [1, 2, 30.5, 40], imageSha256 };
}

/** Whether any file in the directory holds these bytes. */
export function holdsBytes(dir: string, bytes: Uint8Array): boolean {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .some((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(bytes));
}

/** A piece out of the middle of an embedding, as it lies on disk. */
export function sliceOf(embedding: Float32Array): Uint8Array {
  return new Uint8Array(embedding.buffer, embedding.byteOffset + 16, 64);
}

export async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The bytes in pieces of odd sizes, as a network would bring them. */
export async function* inPieces(bytes: Uint8Array, size = 1013): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  await Promise.resolve();
}
