// A piece of the gallery's shared memory: so many rows, where they lie, and nothing of who writes or reads them. Pieces have
// one size and are added, never enlarged, so that a gallery of any size grows without copying what it holds.
//
//   rows in use | owners | sketches | embeddings
import { sketchBytes } from './sketch.js';

export const CHUNK_ROWS = 1024;
/** Of a row that was deleted. */
export const NO_OWNER = -1;
const HEAD_BYTES = 16;

export interface GalleryChunk {
  /** [0] rows in use; accessed with Atomics. */
  readonly used: Int32Array;
  /** The owner (index of a person) of each row, `NO_OWNER` where deleted. */
  readonly owners: Int32Array;
  /** Rows x `sketchBytes(dim)`: see sketch.ts. */
  readonly sketches: Uint8Array;
  /** Rows x dim, L2-normalised. */
  readonly embeddings: Float32Array;
}

export function allocateChunk(dim: number): SharedArrayBuffer {
  const rowBytes = Int32Array.BYTES_PER_ELEMENT + sketchBytes(dim) + dim * Float32Array.BYTES_PER_ELEMENT;
  return new SharedArrayBuffer(HEAD_BYTES + CHUNK_ROWS * rowBytes);
}

/** @param memory of `allocateChunk` with the same dimension */
export function viewChunk(memory: SharedArrayBuffer, dim: number): GalleryChunk {
  const sketchesAt = HEAD_BYTES + CHUNK_ROWS * Int32Array.BYTES_PER_ELEMENT;
  const embeddingsAt = sketchesAt + CHUNK_ROWS * sketchBytes(dim);
  return {
    used: new Int32Array(memory, 0, 1),
    owners: new Int32Array(memory, HEAD_BYTES, CHUNK_ROWS),
    sketches: new Uint8Array(memory, sketchesAt, CHUNK_ROWS * sketchBytes(dim)),
    embeddings: new Float32Array(memory, embeddingsAt, CHUNK_ROWS * dim),
  };
}
