// The search of the gallery, as it runs in a lane's thread on shared memory that the main thread writes.
// It takes no locks and never writes; a face that is being deleted meanwhile is left out.
import { cosineWithRow } from '../cosine.js';
import type { GallerySnapshot } from './face-matrix.js';

/** A person, by owner index, and the cosine (-1..1) of the probe with the most similar of that person's faces. */
export interface OwnerSimilarity {
  readonly owner: number;
  readonly similarity: number;
}

export interface FaceSearch {
  /** Gallery version that the last search has seen at least (low 32 bits). */
  readonly version: number;
  useSnapshot(next: GallerySnapshot): void;
  /**
   * @param probe L2-normalised, as long as the gallery's dimension
   * @param topPeople how many people to return at most
   * @returns best first, one entry a person
   */
  search(probe: Float32Array, topPeople?: number): OwnerSimilarity[];
}

/** Exact search by plain dot products: one pass over the rows, the best people kept in two short arrays. */
export class GallerySearch implements FaceSearch {
  #dim = 0;
  #generation = -1;
  #matrix: Float32Array = new Float32Array();
  #owners: Int32Array = new Int32Array();
  #control: Int32Array = new Int32Array(2);
  #version = 0;

  constructor(snapshot: GallerySnapshot) {
    this.useSnapshot(snapshot);
  }

  get version(): number {
    return this.#version;
  }

  useSnapshot(next: GallerySnapshot): void {
    if (next.generation <= this.#generation) return;
    this.#generation = next.generation;
    this.#dim = next.dim;
    this.#matrix = new Float32Array(next.matrix);
    this.#owners = new Int32Array(next.owners);
    this.#control = new Int32Array(next.control);
  }

  search(probe: Float32Array, topPeople = 3): OwnerSimilarity[] {
    const dim = this.#dim;
    if (probe.length !== dim) throw new RangeError(`the probe has ${probe.length} values, the gallery ${dim}`);
    const matrix = this.#matrix;
    const owners = this.#owners;
    // The version first: what is searched is then at least as new as what is told.
    this.#version = Atomics.load(this.#control, 1) >>> 0;
    const rows = Atomics.load(this.#control, 0);
    const best: OwnerSimilarity[] = [];
    let least = -Infinity;
    for (let row = 0; row < rows; row++) {
      const owner = owners[row] as number;
      if (owner < 0) continue;
      const similarity = cosineWithRow(matrix, row * dim, probe);
      if (similarity <= least) continue;
      // A row may have been deleted and half zeroed while it was read.
      if (Atomics.load(owners, row) !== owner) continue;
      place(best, owner, similarity, topPeople);
      if (best.length === topPeople) least = best[topPeople - 1]?.similarity ?? -Infinity;
    }
    return best;
  }
}

/** Puts a person where the similarity belongs; a person that is there already moves up or stays. */
function place(best: OwnerSimilarity[], owner: number, similarity: number, most: number): void {
  const known = best.findIndex((entry) => entry.owner === owner);
  if (known >= 0) {
    if ((best[known]?.similarity ?? similarity) >= similarity) return;
    best.splice(known, 1);
  }
  let at = best.length;
  while (at > 0 && (best[at - 1]?.similarity ?? Infinity) < similarity) at--;
  best.splice(at, 0, { owner, similarity });
  if (best.length > most) best.pop();
}
