// The search against comparing every row, on galleries made by chance: whatever dimension, size, likeness, order of coming
// and going. `GALLERY_SEED` begins with another one, `GALLERY_COUNT` makes more of them.
import { expect, test } from 'vitest';
import { cosine } from '../../../../pipeline/geometry/cosine.js';
import { FaceMatrix } from '../../../../pipeline/tasks/faces/gallery/face-matrix.js';
import { GallerySearch, type OwnerSimilarity } from '../../../../pipeline/tasks/faces/gallery/gallery-search.js';
import { unitVector } from './vectors.js';

const FIRST_SEED = Number(process.env['GALLERY_SEED'] ?? 1);
const GALLERIES = Number(process.env['GALLERY_COUNT'] ?? 24);
const DIMS = [1, 2, 7, 16, 31, 64, 128, 128, 129, 256, 512, 512, 1000] as const;

/** mulberry32 */
function chances(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below;
  };
}

function normalised(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}

/** Kinds of embeddings that sketches find hard: alike, equal, opposite, of one value only, of values that are nearly all nothing. */
function embeddingOf(chance: (below: number) => number, dim: number, others: readonly Float32Array[]): Float32Array {
  const other = others[Math.floor(chance(others.length))];
  const seed = Math.floor(chance(2 ** 31));
  switch (Math.floor(chance(7))) {
    case 0:
      return other ?? unitVector(seed, dim);
    case 1:
      return (other ?? unitVector(seed, dim)).map((value) => -value);
    case 2:
      return Float32Array.from({ length: dim }, (_, index) => (index === seed % dim ? 1 : 0));
    case 3: {
      const sparse = Float32Array.from({ length: dim }, (_, index) => (index === seed % dim ? 1 : chance(2e-3) - 1e-3));
      return normalised(sparse);
    }
    case 4: {
      const distance = 10 ** -chance(6);
      const away = unitVector(seed, dim);
      return normalised((other ?? away).map((value, index) => value + distance * (away[index] ?? 0)));
    }
    default:
      return unitVector(seed, dim);
  }
}

interface Row {
  readonly faceId: string;
  readonly owner: number;
  readonly embedding: Float32Array;
}

/** The similarity of each person's best row, best first. */
function everyone(rows: Iterable<Row>, probe: Float32Array): Map<number, number> {
  const best = new Map<number, number>();
  for (const { owner, embedding } of rows) {
    const similarity = cosine(embedding, probe);
    if (similarity > (best.get(owner) ?? -Infinity)) best.set(owner, similarity);
  }
  return best;
}

/** Of people who are equally alike any may stand there: which one came first is not kept when rows move. */
function assertSame(found: readonly OwnerSimilarity[], people: ReadonlyMap<number, number>, top: number): void {
  const expected = [...people.values()].sort((a, b) => b - a).slice(0, top);
  expect(found.map(({ similarity }) => similarity)).toEqual(expected);
  expect(new Set(found.map(({ owner }) => owner)).size).toBe(found.length);
  for (const { owner, similarity } of found) expect(people.get(owner)).toBe(similarity);
}

test.each(Array.from({ length: GALLERIES }, (_, index) => FIRST_SEED + index))('gallery of seed %i', (seed) => {
  const chance = chances(seed);
  const dim = DIMS[Math.floor(chance(DIMS.length))] ?? 64;
  const matrix = new FaceMatrix(dim, 0);
  const search = new GallerySearch(matrix.snapshot);
  matrix.onSnapshot = (snapshot) => search.useSnapshot(snapshot);
  const live: Row[] = [];
  const owners = 1 + Math.floor(chance(400));
  const most = Math.floor(chance(dim > 300 ? 1500 : 4000));
  const greed = chance(1);
  const known: Float32Array[] = [];
  for (let index = 0; index < most; index++) {
    const embedding = embeddingOf(chance, dim, known);
    if (known.length < 50) known.push(embedding);
    const row = { faceId: `face ${index}`, owner: Math.floor(chance(owners)), embedding };
    matrix.append(row.faceId, row.owner, embedding);
    live.push(row);
    if (chance(1) > greed) continue;
    const [gone] = live.splice(Math.floor(chance(live.length)), 1);
    if (gone !== undefined) matrix.remove(gone.faceId);
  }
  for (let round = 0; round < 3; round++) {
    const top = 1 + Math.floor(chance(5));
    const probes = Array.from({ length: Math.floor(chance(20)) }, () => embeddingOf(chance, dim, known));
    search.search(probes, top).forEach((found, index) => {
      assertSame(found, everyone(live, probes[index] ?? new Float32Array(dim)), top);
    });
  }
});

test('a probe that is no number is nobody', () => {
  const matrix = new FaceMatrix(64, 0);
  for (let index = 0; index < 40; index++) matrix.append(`face ${index}`, index, unitVector(index, 64));
  const search = new GallerySearch(matrix.snapshot);
  const wrong = [unitVector(1, 64).fill(NaN), unitVector(1, 64).map((value, index) => (index === 5 ? NaN : value))];
  const found = search.search([...wrong, unitVector(7, 64)], 1);
  expect(found.map((people) => people.map(({ owner }) => owner))).toEqual([[], [], [7]]);
});
