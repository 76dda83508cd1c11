// What the gallery's tests share: directories and galleries that go away with the test, and looks at what lies on disk.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { viewChunk } from '../../../../pipeline/tasks/faces/gallery/gallery-chunk.js';
import { Gallery, type GalleryOptions, type GallerySnapshot } from '../../../../pipeline/tasks/faces/gallery/gallery.js';
import { workerFile } from '../../../../pipeline/threads/worker-file.js';
import type { FaceSearch, OwnerSimilarity } from '../../../../pipeline/tasks/faces/gallery/gallery-search.js';
import { faceOf, MODEL } from './vectors.js';

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

/** A gallery of one person with one face. */
export async function galleryOfOne(): Promise<Gallery> {
  const gallery = await openGallery(temporaryDir());
  const { id } = await gallery.createPerson({ name: 'A' });
  await gallery.addFace(id, faceOf(1));
  return gallery;
}

/** Exports of two moments of a gallery that have begun and are not read on: as many as it keeps. The next one is of a third. */
export async function slowExports(gallery: Gallery): Promise<AsyncGenerator<Uint8Array>[]> {
  const slow: AsyncGenerator<Uint8Array>[] = [];
  for (const name of ['B', 'C']) {
    const reader = gallery.exportAll();
    slow.push(reader);
    await reader.next();
    await gallery.createPerson({ name });
  }
  return slow;
}

/** Whether any file in the directory holds these bytes. */
export function holdsBytes(dir: string, bytes: Buffer): boolean {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .some((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(bytes));
}

/** A piece out of the middle of an embedding, as it lies on disk. */
export function sliceOf(embedding: Float32Array): Buffer {
  return Buffer.from(embedding.buffer, embedding.byteOffset + 16, 64);
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

/** A program of this folder, as the tests' setup compiled it. */
export function program(name: string): string {
  return fileURLToPath(workerFile(name, import.meta.url));
}

/** The search for one probe. */
export function nearest(search: FaceSearch, probe: Float32Array, topPeople?: number): OwnerSimilarity[] {
  return search.search([probe], topPeople)[0] ?? [];
}

/** Every row of a gallery's shared memory is zeros, in each of its representations. */
export function holdsNoRow({ chunks, dim }: GallerySnapshot): boolean {
  return chunks
    .map((memory) => viewChunk(memory, dim))
    .every(({ embeddings, sketches }) => isZero(embeddings) && isZero(sketches));
}

export const isZero = (values: Float32Array | Uint8Array): boolean => values.every((value: number) => value === 0);
