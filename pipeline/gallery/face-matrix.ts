// The embeddings in shared memory, where the lanes search them. Only this thread writes; the order of its writes
// is what lets the others read without locks, so it must not be changed lightly:
//   append: row, then owner, then the number of rows; remove: owner := -1, then zeros; a row is never used again.

/** What lanes search: shared memory, and the owner (index of a person, -1 for none) of each row. */
export interface GallerySnapshot {
  /** Grows with every snapshot. */
  readonly generation: number;
  readonly dim: number;
  /** Float32, capacity x dim, rows L2-normalised. */
  readonly matrix: SharedArrayBuffer;
  /** Int32, capacity: the owner of each row, -1 where deleted. */
  readonly owners: SharedArrayBuffer;
  /** Int32: [0] rows in use, [1] gallery version (low 32 bits unsigned); accessed with Atomics. */
  readonly control: SharedArrayBuffer;
}

const NO_OWNER = -1;
const ROWS = 0;
const VERSION = 1;
const FIRST_CAPACITY = 1024;

interface Views {
  readonly snapshot: GallerySnapshot;
  readonly capacity: number;
  readonly matrix: Float32Array;
  readonly owners: Int32Array;
  readonly control: Int32Array;
}

function allocate(generation: number, dim: number, capacity: number): Views {
  const snapshot = {
    generation,
    dim,
    matrix: new SharedArrayBuffer(capacity * dim * Float32Array.BYTES_PER_ELEMENT),
    owners: new SharedArrayBuffer(capacity * Int32Array.BYTES_PER_ELEMENT),
    control: new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT),
  };
  return {
    snapshot,
    capacity,
    matrix: new Float32Array(snapshot.matrix),
    owners: new Int32Array(snapshot.owners),
    control: new Int32Array(snapshot.control),
  };
}

/** The rows of one gallery. When they are full it moves to a new snapshot and leaves the old one to those who still read it. */
export class FaceMatrix {
  #views: Views;
  readonly #rows = new Map<string, number>();
  /** Version of the gallery at which each row came, ascending; of those that it was loaded with, the version then. */
  #cameAt: number[] = [];

  /** Told of each snapshot that takes the place of the one before. */
  onSnapshot: ((snapshot: GallerySnapshot) => void) | undefined;

  /** @param generation of its first snapshot */
  constructor(dim: number, generation: number) {
    this.#views = allocate(generation, dim, FIRST_CAPACITY);
  }

  get snapshot(): GallerySnapshot {
    return this.#views.snapshot;
  }

  append(faceId: string, owner: number, embedding: Float32Array): void {
    if (Atomics.load(this.#views.control, ROWS) === this.#views.capacity) this.#renew();
    const { matrix, owners, control, snapshot } = this.#views;
    const row = Atomics.load(control, ROWS);
    matrix.set(embedding, row * snapshot.dim);
    Atomics.store(owners, row, owner);
    Atomics.store(control, ROWS, row + 1);
    this.#rows.set(faceId, row);
    // The version is told after the rows that it brings.
    this.#cameAt[row] = Atomics.load(control, VERSION) + 1;
  }

  /** The rows that a search at this version has not seen, newest first. */
  *addedAfter(version: number): Generator<{ readonly owner: number; readonly embedding: Float32Array }> {
    const { matrix, owners, snapshot } = this.#views;
    for (let row = this.#cameAt.length - 1; row >= 0 && (this.#cameAt[row] as number) > version; row--) {
      const owner = owners[row] ?? NO_OWNER;
      if (owner !== NO_OWNER) yield { owner, embedding: matrix.subarray(row * snapshot.dim, (row + 1) * snapshot.dim) };
    }
  }

  /** Every row that is there came with this version: for a matrix that was just filled. */
  loadedAt(version: number): void {
    this.#cameAt.fill(version);
    this.setVersion(version);
  }

  remove(faceId: string): void {
    const row = this.#rows.get(faceId);
    if (row === undefined) return;
    const { matrix, owners, snapshot } = this.#views;
    Atomics.store(owners, row, NO_OWNER);
    matrix.fill(0, row * snapshot.dim, (row + 1) * snapshot.dim);
    this.#rows.delete(faceId);
  }

  setVersion(version: number): void {
    Atomics.store(this.#views.control, VERSION, version | 0);
  }

  /** Wipes everything: for a gallery that another one has replaced. */
  clear(): void {
    for (const faceId of [...this.#rows.keys()]) this.remove(faceId);
  }

  /** A new snapshot with the live rows alone, twice as large unless half of the rows were dead. */
  #renew(): void {
    const old = this.#views;
    const { dim, generation } = old.snapshot;
    const capacity = this.#rows.size * 2 > old.capacity ? old.capacity * 2 : old.capacity;
    const next = allocate(generation + 1, dim, capacity);
    const cameAt: number[] = [];
    let row = 0;
    for (const [faceId, oldRow] of this.#rows) {
      next.matrix.set(old.matrix.subarray(oldRow * dim, (oldRow + 1) * dim), row * dim);
      next.owners[row] = old.owners[oldRow] ?? NO_OWNER;
      cameAt.push(this.#cameAt[oldRow] ?? 0);
      this.#rows.set(faceId, row++);
    }
    this.#cameAt = cameAt;
    Atomics.store(next.control, VERSION, Atomics.load(old.control, VERSION));
    Atomics.store(next.control, ROWS, row);
    this.#views = next;
    this.onSnapshot?.(next.snapshot);
  }
}
