// The search of the gallery, as it runs in a lane's thread on shared memory that the main thread writes.
// It takes no locks and never writes; a face that is being deleted meanwhile is left out.
import { cosineWithRow } from '../../../geometry/cosine.js';
import type { GallerySnapshot } from './face-matrix.js';
import { viewChunk, type GalleryChunk } from './gallery-chunk.js';
import { sketchBytes, sketchProbe } from './sketch.js';
import { hitRow, isHitOf, PROBES_AT_ONCE, sketchKernel, type ProbeGroup, type SketchKernel } from './sketch-kernel.js';

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
   * All probes at once, which costs far less than one after the other.
   * @param probes L2-normalised, as long as the gallery's dimension
   * @param topPeople how many people to return at most for each
   * @param above only people more similar than this; a high one spares most of the work
   * @returns for each probe its people, best first, one entry a person
   * @throws RangeError for a probe of another length
   */
  search(probes: readonly Float32Array[], topPeople?: number, above?: number): OwnerSimilarity[][];
}

/** The first look is at few rows: as long as nobody is found, every row is worth an exact look. */
const FIRST_BLOCK_ROWS = 16;

/** What is known of a probe while the rows go by. */
interface Lookup {
  readonly probe: Float32Array;
  readonly best: OwnerSimilarity[];
  /** How much similarity the sketch of the probe may hide. */
  readonly slack: number;
  /** Similarity that a person must exceed to be among the best. */
  least: number;
}

/**
 * Exact search in blocks: the sketches tell how similar each row can at most be (sketch-kernel.ts), and the few rows that
 * may belong to the best people are compared exactly. The answer is that of comparing every row exactly.
 */
export class GallerySearch implements FaceSearch {
  #dim = 0;
  #generation = -1;
  #chunks: readonly GalleryChunk[] = [];
  #control: Int32Array = new Int32Array(1);
  #version = 0;
  #kernel: SketchKernel;

  constructor(snapshot: GallerySnapshot) {
    this.#kernel = sketchKernel(snapshot.dim);
    this.useSnapshot(snapshot);
  }

  get version(): number {
    return this.#version;
  }

  useSnapshot(next: GallerySnapshot): void {
    if (next.generation <= this.#generation) return;
    if (next.dim !== this.#dim) this.#kernel = sketchKernel(next.dim);
    this.#generation = next.generation;
    this.#dim = next.dim;
    this.#chunks = next.chunks.map((memory) => viewChunk(memory, next.dim));
    this.#control = new Int32Array(next.control);
  }

  search(probes: readonly Float32Array[], topPeople = 3, above = -Infinity): OwnerSimilarity[][] {
    const wrong = probes.find(({ length }) => length !== this.#dim);
    if (wrong !== undefined) throw new RangeError(`the probe has ${wrong.length} values, the gallery ${this.#dim}`);
    // The version first: what is searched is then at least as new as what is told.
    this.#version = Atomics.load(this.#control, 0) >>> 0;
    const found: OwnerSimilarity[][] = [];
    for (let from = 0; from < probes.length; from += PROBES_AT_ONCE) {
      found.push(...this.#pass(probes.slice(from, from + PROBES_AT_ONCE), topPeople, above));
    }
    return found;
  }

  #pass(probes: readonly Float32Array[], topPeople: number, above: number): OwnerSimilarity[][] {
    const { block, blockRows, hits, ...kernel } = this.#kernel;
    const groups = kernel.groups(probes.length).map((group) => ({ group, lookups: enter(group, probes, above) }));
    const rowBytes = sketchBytes(this.#dim);
    let most = FIRST_BLOCK_ROWS;
    for (const chunk of this.#chunks) {
      const used = Atomics.load(chunk.used, 0);
      for (let from = 0; from < used;) {
        const rows = Math.min(most, blockRows, used - from);
        block.set(chunk.sketches.subarray(from * rowBytes, (from + rows) * rowBytes));
        for (const { group, lookups } of groups) {
          lookups.forEach(({ least, slack }, index) => (group.thresholds[index] = least - slack));
          const count = group.scan(rows);
          for (let at = 0; at < count; at++) this.#rank(chunk, from, hits[at] as number, lookups, topPeople);
        }
        from += rows;
        most *= 2;
      }
    }
    kernel.wipe();
    return groups.flatMap(({ lookups }) => lookups.map(({ best }) => best));
  }

  /** The exact look at a row, for each probe that it may be among the best of. */
  #rank(chunk: GalleryChunk, from: number, hit: number, lookups: readonly Lookup[], topPeople: number): void {
    const row = from + hitRow(hit);
    const owner = chunk.owners[row] as number;
    if (owner < 0) return;
    for (const [index, lookup] of lookups.entries()) {
      if (!isHitOf(hit, index)) continue;
      const similarity = cosineWithRow(chunk.embeddings, row * this.#dim, lookup.probe);
      if (similarity <= lookup.least) continue;
      // A row may have been deleted and half zeroed while it was read, or be another's now.
      const ownerNow = Atomics.load(chunk.owners, row);
      if (ownerNow < 0) return;
      place(lookup.best, ownerNow, similarity, topPeople);
      if (lookup.best.length === topPeople) lookup.least = lookup.best[topPeople - 1]?.similarity ?? -Infinity;
    }
  }
}

/** Puts the probes of a group where the kernel reads them. */
function enter(group: ProbeGroup, probes: readonly Float32Array[], above: number): Lookup[] {
  group.thresholds.fill(Infinity);
  return probes.slice(group.first, group.first + group.size).map((probe, index) => {
    const { scale, length, slack } = sketchProbe(probe, group.codes[index] as Int16Array);
    group.scales[index] = scale;
    group.lengths[index] = length;
    return { probe, best: [], slack, least: above };
  });
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
