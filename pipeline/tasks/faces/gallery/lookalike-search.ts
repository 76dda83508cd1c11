// Which people of a gallery look so alike that one may be taken for the other: faces of everybody searched for among all others,
// as it runs in a thread of its own on the gallery's shared memory. It knows owner indices, nobody's name, and writes nothing.
import { NO_OWNER, viewChunk, type GalleryChunk } from './gallery-chunk.js';
import type { GallerySnapshot } from './face-matrix.js';
import { GallerySearch } from './gallery-search.js';
import { PROBES_AT_ONCE } from './sketch-kernel.js';

export interface LookalikeJob {
  readonly snapshot: GallerySnapshot;
  /** Least cosine of two people's most similar faces. */
  readonly level: number;
  /** Most pairs found; the most similar ones. */
  readonly maxPairs: number;
  /** Most faces searched for. */
  readonly maxProbes: number;
  /** Longest time, pauses included. */
  readonly budgetMs: number;
  /** Int32: not 0 ends it. */
  readonly stop: SharedArrayBuffer;
}
export interface LookalikePair {
  /** Owner indices. */
  readonly a: number;
  readonly b: number;
  readonly similarity: number;
}
export interface FoundLookalikes {
  /** Most similar first. */
  readonly pairs: readonly LookalikePair[];
  /** False where faces were left out because of their number or the time. */
  readonly isComplete: boolean;
}

interface Row {
  readonly chunk: GalleryChunk;
  readonly row: number;
  readonly owner: number;
}

/** Of a face its own person, and the most similar others. */
const NEIGHBOURS = 6;
/** Owner indices are far below: a pair fits into one exact number. */
const OWNERS = 2 ** 26;

/** Works as much as it rests, since frames need the processor more. */
export function findLookalikes(job: LookalikeJob): FoundLookalikes {
  const { snapshot, level, maxPairs, maxProbes, budgetMs } = job;
  const endsAt = performance.now() + budgetMs;
  const stop = new Int32Array(job.stop);
  const search = new GallerySearch(snapshot);
  const all = rowsByTurns(snapshot);
  const rows = all.slice(0, maxProbes);
  const similarities = new Map<number, number>();
  let isComplete = rows.length === all.length;
  for (let from = 0; from < rows.length; from += PROBES_AT_ONCE) {
    const startMs = performance.now();
    if (startMs >= endsAt || Atomics.load(stop, 0) !== 0) {
      isComplete = false;
      break;
    }
    const group = rows.slice(from, from + PROBES_AT_ONCE);
    const probes = group.map(({ chunk, row }) => chunk.embeddings.slice(row * snapshot.dim, (row + 1) * snapshot.dim));
    // A similarity of exactly the level counts.
    const found = search.search(probes, NEIGHBOURS, level - 1e-6);
    group.forEach(({ chunk, row, owner }, index) => {
      // Deleted, and so perhaps half zeroed while it was copied, or another's by now.
      if (Atomics.load(chunk.owners, row) !== owner) return;
      for (const other of found[index] ?? []) {
        if (other.owner === owner) continue;
        const pair = Math.min(owner, other.owner) * OWNERS + Math.max(owner, other.owner);
        if (other.similarity > (similarities.get(pair) ?? -Infinity)) similarities.set(pair, other.similarity);
      }
    });
    Atomics.wait(stop, 0, 0, performance.now() - startMs);
  }
  const pairs = [...similarities]
    .sort(([, one], [, other]) => other - one)
    .slice(0, maxPairs)
    .map(([pair, similarity]) => ({ a: Math.floor(pair / OWNERS), b: pair % OWNERS, similarity }));
  return { pairs, isComplete };
}

/** A face of everybody, then a second one of all who have one, and so on: what the time suffices for tells most. */
function rowsByTurns({ chunks, dim }: GallerySnapshot): Row[] {
  const turns: Row[][] = [];
  const seen = new Map<number, number>();
  for (const memory of chunks) {
    const chunk = viewChunk(memory, dim);
    for (let row = 0; row < Atomics.load(chunk.used, 0); row++) {
      const owner = chunk.owners[row] ?? NO_OWNER;
      if (owner === NO_OWNER) continue;
      const turn = seen.get(owner) ?? 0;
      seen.set(owner, turn + 1);
      (turns[turn] ??= []).push({ chunk, row, owner });
    }
  }
  return turns.flat();
}
