// The search against comparing every row: the same people with the same similarities, whatever lies in the gallery and
// whatever happens meanwhile.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { cosine } from '../../../../pipeline/geometry/cosine.js';
import { FaceMatrix } from '../../../../pipeline/tasks/faces/gallery/face-matrix.js';
import { CHUNK_ROWS } from '../../../../pipeline/tasks/faces/gallery/gallery-chunk.js';
import { GallerySearch, type OwnerSimilarity } from '../../../../pipeline/tasks/faces/gallery/gallery-search.js';
import { PROBES_AT_ONCE } from '../../../../pipeline/tasks/faces/gallery/sketch-kernel.js';
import { program } from './fixtures.js';
import { unitVector } from './vectors.js';

interface Row {
  readonly faceId: string;
  readonly owner: number;
  readonly embedding: Float32Array;
}

/** Rows in the order of the matrix; of people with one similarity the one that comes first is first. */
function everyRow(rows: readonly Row[], probe: Float32Array, topPeople: number): OwnerSimilarity[] {
  const best = new Map<number, number>();
  for (const { owner, embedding } of rows) {
    const similarity = cosine(embedding, probe);
    if (similarity <= (best.get(owner) ?? -Infinity)) continue;
    best.delete(owner);
    best.set(owner, similarity);
  }
  return [...best]
    .map(([owner, similarity]) => ({ owner, similarity }))
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, topPeople);
}

/** A direction near another one, as far off as photographs of one person (or of two who are alike) are. */
function near(center: Float32Array, seed: number, distance: number): Float32Array {
  const away = unitVector(seed, center.length);
  const moved = center.map((value, index) => value + distance * (away[index] ?? 0));
  const length = Math.hypot(...moved);
  return moved.map((value) => value / length);
}

function filled(dim: number, rows: readonly Row[]): FaceMatrix {
  const matrix = new FaceMatrix(dim, 0);
  for (const { faceId, owner, embedding } of rows) matrix.append(faceId, owner, embedding);
  return matrix;
}

const random = (dim: number, count: number): Row[] =>
  Array.from({ length: count }, (_, index) => ({
    faceId: `face ${index}`,
    owner: index % Math.ceil(count / 3),
    embedding: unitVector(index, dim),
  }));

const clustered = (dim: number, count: number): Row[] => {
  const centers = Array.from({ length: 40 }, (_, index) => unitVector(1_000_000 + index, dim));
  return Array.from({ length: count }, (_, index) => ({
    faceId: `face ${index}`,
    owner: index % 90,
    // People who are alike, some of them to within what int8 can tell apart.
    embedding: near(centers[index % 40] as Float32Array, index, index % 5 === 0 ? 0.004 : 0.5),
  }));
};

test.each([
  ['random', random, 512, 3000],
  ['clustered', clustered, 512, 3000],
  ['random', random, 64, 2500],
  ['clustered', clustered, 128, 2500],
  ['of an odd dimension', random, 13, 1500],
  ['of one dimension', random, 1, 40],
  ['of a large dimension', clustered, 2100, 300],
] as const)('the search of %s vectors gives what comparing every row gives', (_, make, dim, count) => {
  const rows = make(dim, count);
  const matrix = filled(dim, rows);
  const search = new GallerySearch(matrix.snapshot);
  const probes = [
    ...Array.from({ length: PROBES_AT_ONCE + 3 }, (_unused, index) => unitVector(5_000_000 + index, dim)),
    ...[0, 5, 10, 11].map((index) => near(rows[index]?.embedding as Float32Array, 77 + index, 0.01)),
  ];
  const compare = (left: readonly Row[]): void => {
    for (const topPeople of [1, 3]) {
      expect(search.search(probes, topPeople)).toEqual(probes.map((probe) => everyRow(left, probe, topPeople)));
    }
    // Every size of a batch goes its own way through the kernel.
    for (let size = 0; size <= 8; size++) {
      expect(search.search(probes.slice(0, size))).toEqual(probes.slice(0, size).map((probe) => everyRow(left, probe, 3)));
    }
  };
  compare(rows);
  const left = rows.filter((_row, index) => index % 3 !== 0 && index > 20);
  for (const row of rows) if (!left.includes(row)) matrix.remove(row.faceId);
  compare(left);
});

test('a row is found whose coding hides as much of its similarity as it can', () => {
  const dim = 512;
  const row = unitVector(1, dim);
  const largest = Math.max(...row.map(Math.abs));
  // What int8 loses of the row: a probe in that direction sees the sketch's whole error.
  const rest = row.map((value) => value - (Math.round((value * 127) / largest) * largest) / 127);
  const length = Math.hypot(...rest);
  const probe = rest.map((value) => value / length);
  const similarity = cosine(row, probe);
  // Others before it, coded almost without a loss, are as good as it is, but for a little.
  const across = probe.map((value, index) => (index % 2 === 0 ? 1 : -1) * (probe[index ^ 1] ?? value));
  const almost = similarity - 1e-5;
  const other = probe.map((value, index) => almost * value + Math.sqrt(1 - almost ** 2) * (across[index] ?? 0));
  const rows = Array.from({ length: 40 }, (_, index) => ({ faceId: `face ${index}`, owner: index, embedding: other }));
  const search = new GallerySearch(filled(dim, [...rows, { faceId: 'last', owner: 40, embedding: row }]).snapshot);
  expect(search.search([probe], 1)).toEqual([[{ owner: 40, similarity }]]);
});

test('of equal similarities the first in the gallery wins, and a person counts once', () => {
  const embedding = unitVector(1, 64);
  const rows = [7, 3, 3, 9, 5].map((owner, index) => ({ faceId: `face ${index}`, owner, embedding }));
  const search = new GallerySearch(filled(64, rows).snapshot);
  expect(search.search([embedding])[0]?.map(({ owner }) => owner)).toEqual([7, 3, 9]);
});

test('an empty gallery, no probes, opposite faces and a probe of zeros are answered', () => {
  expect(new GallerySearch(new FaceMatrix(64, 0).snapshot).search([unitVector(1)])).toEqual([[]]);
  const rows = random(64, 5).map((row, owner) => ({ ...row, owner }));
  const search = new GallerySearch(filled(64, rows).snapshot);
  expect(search.search([])).toEqual([]);
  const opposite = unitVector(0, 64).map((value) => -value);
  expect(search.search([opposite], 5)[0]?.at(-1)?.similarity).toBeCloseTo(-1, 6);
  expect(search.search([new Float32Array(64)])[0]).toEqual(everyRow(rows, new Float32Array(64), 3));
});

test('rows keep their people, and the search what is equal, while chunks come, empty and move', () => {
  const dim = 64;
  const matrix = new FaceMatrix(dim, 0);
  const search = new GallerySearch(matrix.snapshot);
  matrix.onSnapshot = (snapshot) => search.useSnapshot(snapshot);
  const live = new Map<string, Row>();
  for (let index = 0; index < 6 * CHUNK_ROWS; index++) {
    const row = { faceId: `face ${index}`, owner: index % 500, embedding: unitVector(index, dim) };
    matrix.append(row.faceId, row.owner, row.embedding);
    live.set(row.faceId, row);
    // Most go again, some much later.
    const gone = index % 4 === 0 ? index - 2000 : index - 300;
    if (index % 7 !== 0 && live.delete(`face ${gone}`)) matrix.remove(`face ${gone}`);
    if (index % 500 !== 499) continue;
    matrix.setVersion(index);
    const probes = [unitVector(9_000_000 + index, dim), row.embedding];
    const found = search.search(probes);
    expect(search.version).toBe(index);
    found.forEach((people, probe) => expect(people).toEqual(everyRow([...live.values()], probes[probe] as Float32Array, 3)));
    const newest = [...matrix.addedAfter(index - 500)].map(({ owner }) => owner).sort();
    const expected = [...live.values()].filter(({ faceId }) => Number(faceId.slice(5)) > index - 500);
    expect(newest).toEqual(expected.map(({ owner }) => owner).sort());
  }
  expect([...matrix.addedAfter(0)]).toHaveLength(live.size);
  expect(matrix.snapshot.chunks.length).toBeLessThanOrEqual(Math.ceil((2 * live.size) / CHUNK_ROWS) + 2);
});

test('a thread that searches while rows come and go never misses one that stays, and names none that is not there', async () => {
  const dim = 64;
  const matrix = new FaceMatrix(dim, 0);
  const stay = Array.from({ length: 8 }, (_, index) => ({
    owner: 1_000_000 + index,
    embedding: unitVector(8_000_000 + index, dim),
  }));
  stay.forEach(({ owner, embedding }, index) => matrix.append(`stays ${index}`, owner, embedding));
  const worker = new Worker(program('busy-searcher'), {
    workerData: { snapshot: matrix.snapshot, stay, probes: Array.from({ length: 8 }, (_, seed) => unitVector(seed, dim)) },
  });
  onTestFinished(async () => void (await worker.terminate()));
  matrix.onSnapshot = (snapshot) => worker.postMessage(snapshot);
  await once(worker, 'message');
  const endMs = performance.now() + 1500;
  for (let index = 0; performance.now() < endMs; index++) {
    // Those who come are among the probes: each is found exactly, or not at all, when it is just coming or going.
    matrix.append(`face ${index}`, index % 8, unitVector(index % 8, dim));
    matrix.setVersion(index + 1);
    if (index >= 50) matrix.remove(`face ${index - 50}`);
    if (index % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  worker.postMessage('end');
  const [report] = (await once(worker, 'message')) as [{ searches: number; wrong: string[] }];
  expect(report.wrong).toEqual([]);
  expect(report.searches).toBeGreaterThan(10);
}, 20_000);
