// The embeddings in shared memory, where the lanes search them. Only this thread writes; the order of its writes
// is what lets the others read without locks, so it must not be changed lightly:
//   append: row, then owner, then the number of rows; remove: owner := -1, then zeros; a row is never used again.
import { setImmediate } from 'node:timers/promises';
import { allocateChunk, CHUNK_ROWS, NO_OWNER, viewChunk, type GalleryChunk } from './gallery-chunk.js';
import { sketchBytes, sketchRow } from './sketch.js';

/** What lanes search: a list of chunks of shared memory, which is told anew when it changes; rows come without telling. */
export interface GallerySnapshot {
  /** Grows with every snapshot. */
  readonly generation: number;
  readonly dim: number;
  /** Int32: [0] gallery version (low 32 bits unsigned); accessed with Atomics. Of this snapshot alone: it stops with it. */
  readonly control: SharedArrayBuffer;
  /** Each as in gallery-chunk.ts. */
  readonly chunks: readonly SharedArrayBuffer[];
}

interface WrittenChunk extends GalleryChunk {
  readonly memory: SharedArrayBuffer;
  /** Face of each row; none where deleted. */
  readonly faceIds: (string | undefined)[];
  /** Version of the gallery at which each row came; of those that it was loaded with, the version then. */
  readonly cameAt: Float64Array;
  live: number;
  /** Largest of `cameAt`. */
  newest: number;
}
interface Place {
  readonly chunk: WrittenChunk;
  readonly row: number;
}

/**
 * The rows of one gallery. When the last chunk is full another one is added; where one is half empty by then, its rows
 * move to the new one. So the thread never copies more than half a chunk at once.
 */
export class FaceMatrix {
  readonly #dim: number;
  readonly #places = new Map<string, Place>();
  #chunks: WrittenChunk[];
  #tail: WrittenChunk;
  #snapshot: GallerySnapshot;
  #version: Int32Array;
  /** The chunk whose rows moved last: whoever has not heard of it still reads it, so what is deleted goes there too. */
  #left: WrittenChunk | undefined;

  /** Told of each snapshot that takes the place of the one before. */
  onSnapshot: ((snapshot: GallerySnapshot) => void) | undefined;

  /** @param generation of its first snapshot */
  constructor(dim: number, generation: number) {
    this.#dim = dim;
    this.#tail = newChunk(dim);
    this.#chunks = [this.#tail];
    this.#snapshot = newSnapshot(generation, dim, this.#chunks);
    this.#version = new Int32Array(this.#snapshot.control);
  }

  get snapshot(): GallerySnapshot {
    return this.#snapshot;
  }

  /** Shared memory that it takes. */
  get bytes(): number {
    return this.#chunks.reduce((sum, { memory }) => sum + memory.byteLength, 0);
  }

  append(faceId: string, owner: number, embedding: Float32Array): void {
    if (Atomics.load(this.#tail.used, 0) === CHUNK_ROWS) this.#renew();
    // The version is told after the rows that it brings.
    this.#write(faceId, owner, embedding, Atomics.load(this.#version, 0) + 1);
  }

  /** The rows that a search at this version has not seen, in no order. */
  *addedAfter(version: number): Generator<{ readonly owner: number; readonly embedding: Float32Array }> {
    for (const chunk of this.#chunks) {
      if (chunk.newest <= version) continue;
      for (let row = 0; row < Atomics.load(chunk.used, 0); row++) {
        const owner = chunk.owners[row] ?? NO_OWNER;
        if (owner !== NO_OWNER && (chunk.cameAt[row] ?? 0) > version) yield { owner, embedding: this.#embedding({ chunk, row }) };
      }
    }
  }

  /** Every row that is there came with this version: for a matrix that was just filled. */
  loadedAt(version: number): void {
    for (const chunk of this.#chunks) {
      chunk.cameAt.fill(version);
      chunk.newest = version;
    }
    this.setVersion(version);
  }

  remove(faceId: string): void {
    const place = this.#places.get(faceId);
    if (place === undefined) return;
    this.#wipe(place);
    const rowLeft = this.#left?.faceIds.indexOf(faceId) ?? -1;
    if (this.#left !== undefined && rowLeft >= 0) this.#wipe({ chunk: this.#left, row: rowLeft });
    this.#places.delete(faceId);
  }

  /** A row becomes somebody else's; whoever searches meanwhile finds it under the one or the other. */
  give(faceId: string, owner: number): void {
    const place = this.#places.get(faceId);
    if (place === undefined) return;
    Atomics.store(place.chunk.owners, place.row, owner);
    const rowLeft = this.#left?.faceIds.indexOf(faceId) ?? -1;
    if (this.#left !== undefined && rowLeft >= 0) Atomics.store(this.#left.owners, rowLeft, owner);
  }

  setVersion(version: number): void {
    Atomics.store(this.#version, 0, version | 0);
  }

  /**
   * Wipes everything, for a gallery that another one has replaced: from the call on nobody is found, and the rows go chunk by
   * chunk, since zeros over a large gallery would hold the thread for a tenth of a second. Nothing may be added any more.
   */
  async clear(): Promise<void> {
    const chunks = [...this.#chunks, ...(this.#left === undefined ? [] : [this.#left])];
    for (const { owners } of chunks) owners.fill(NO_OWNER);
    this.#places.clear();
    for (const chunk of chunks) {
      wipe(chunk);
      await setImmediate();
    }
  }

  #write(faceId: string, owner: number, embedding: Float32Array, cameAt: number): void {
    const chunk = this.#tail;
    const row = Atomics.load(chunk.used, 0);
    chunk.embeddings.set(embedding, row * this.#dim);
    sketchRow(embedding, chunk.sketches, row);
    Atomics.store(chunk.owners, row, owner);
    Atomics.store(chunk.used, 0, row + 1);
    this.#places.set(faceId, { chunk, row });
    chunk.faceIds[row] = faceId;
    chunk.cameAt[row] = cameAt;
    chunk.newest = Math.max(chunk.newest, cameAt);
    chunk.live++;
  }

  #embedding({ chunk, row }: Place): Float32Array {
    return chunk.embeddings.subarray(row * this.#dim, (row + 1) * this.#dim);
  }

  #wipe(place: Place): void {
    const { chunk, row } = place;
    const rowBytes = sketchBytes(this.#dim);
    Atomics.store(chunk.owners, row, NO_OWNER);
    this.#embedding(place).fill(0);
    chunk.sketches.fill(0, row * rowBytes, (row + 1) * rowBytes);
    chunk.faceIds[row] = undefined;
    chunk.live--;
  }

  /** By the time that the next chunk is full, everybody has heard of the one that took its place. */
  #wipeLeft(): void {
    if (this.#left !== undefined) wipe(this.#left);
    this.#left = undefined;
  }

  /** A new snapshot with an empty chunk at its end, without those that are empty, and at most one half empty one moved. */
  #renew(): void {
    this.#wipeLeft();
    const [emptiest] = [...this.#chunks].filter(({ live }) => live > 0).sort((a, b) => a.live - b.live);
    const left = emptiest !== undefined && emptiest.live * 2 <= CHUNK_ROWS ? emptiest : undefined;
    this.#tail = newChunk(this.#dim);
    this.#chunks = [...this.#chunks.filter((chunk) => chunk.live > 0 && chunk !== left), this.#tail];
    left?.faceIds.forEach((faceId, row) => {
      if (faceId === undefined) return;
      this.#write(faceId, left.owners[row] ?? NO_OWNER, this.#embedding({ chunk: left, row }), left.cameAt[row] ?? 0);
    });
    this.#left = left;
    const version = Atomics.load(this.#version, 0);
    this.#snapshot = newSnapshot(this.#snapshot.generation + 1, this.#dim, this.#chunks);
    this.#version = new Int32Array(this.#snapshot.control);
    Atomics.store(this.#version, 0, version);
    this.onSnapshot?.(this.#snapshot);
  }
}

function newChunk(dim: number): WrittenChunk {
  const memory = allocateChunk(dim);
  return {
    ...viewChunk(memory, dim),
    memory,
    faceIds: [],
    cameAt: new Float64Array(CHUNK_ROWS),
    live: 0,
    newest: 0,
  };
}

function wipe({ owners, sketches, embeddings }: GalleryChunk): void {
  owners.fill(NO_OWNER);
  sketches.fill(0);
  embeddings.fill(0);
}

function newSnapshot(generation: number, dim: number, chunks: readonly WrittenChunk[]): GallerySnapshot {
  const control = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  return { generation, dim, control, chunks: chunks.map(({ memory }) => memory) };
}
