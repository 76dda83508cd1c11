// `npm run bench:gallery`: how long a search of the gallery takes by size and batch, beside comparing every row in plain
// JavaScript; whether both give the same; and how long the main thread is held by an enrolment.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cosineWithRow } from '../pipeline/geometry/cosine.js';
import { FaceMatrix } from '../pipeline/tasks/faces/gallery/face-matrix.js';
import { viewChunk, type GalleryChunk } from '../pipeline/tasks/faces/gallery/gallery-chunk.js';
import { Gallery, type NewFace } from '../pipeline/tasks/faces/gallery/gallery.js';
import { GallerySearch } from '../pipeline/tasks/faces/gallery/gallery-search.js';
import { lineChart } from './chart/chart.js';
import { machineShare, processorTimes, trust } from './machine.js';
import { benchCommand, wholeNumber, withQuick, type CommonOptions, type QuickOptions } from './options.js';
import { figure, note, print, printForDocs, printTable, writeChart, writeResult } from './report.js';
import { median, summaryOf } from './statistics.js';
import { exportOfStrangers } from './stranger-export.js';
import { strangerFaces } from './stranger-faces.js';

interface Options extends CommonOptions, QuickOptions {
  readonly large: boolean;
  readonly seconds?: number;
}

const DIM = 512;
const BATCHES = [1, 8] as const;
/** Milliseconds for a batch of 8 on one core, by faces. */
const TARGET_MS: Readonly<Record<number, number>> = { 10_000: 2, 100_000: 20 };
const ENROLMENT_TARGET_MS = 10;
const ENROLMENTS = 3000;
const DURABLE_ENROLMENTS = 200;
const LEAST_REPEATS = 5;
const PROBES = 64;
const FACE_BOX = [0, 0, 112, 112] as const;

const options = withQuick(benchCommand('gallery', 'search and enrolment by the size of the gallery'))
  .option('--large', 'a million faces too (3 GB of memory)', false)
  .option('--seconds <count>', 'how long each figure is measured (default: 2, quick: 1)', wholeNumber(1, 60))
  .parse()
  .opts<Options>();
const secondsEach = options.seconds ?? (options.quick ? 1 : 2);

const before = processorTimes();
const sizes = [1000, 10_000, 100_000, ...(options.large ? [1_000_000] : [])];
const results: ReturnType<typeof ofSize>[] = [];
for (const faces of sizes) results.push(ofSize(faces));
const durable = await durableEnrolment(100_000);
const { user, system } = process.cpuUsage();
const share = machineShare(before, processorTimes(), (user + system) / 1000);

printTable(
  `Search of ${DIM} dimensions on one core, ms (median / p99)`,
  ['faces', 'batch', 'old: every row', 'new', 'new, a query', 'times', 'target', 'same answers'],
  results.flatMap(({ faces, searches }) =>
    searches.map(({ batch, oldMs, newMs, p99Ms, same, compared }) => [
      String(faces),
      String(batch),
      figure(oldMs),
      `${figure(newMs)} / ${figure(p99Ms)}`,
      figure(newMs / batch, 3),
      figure(oldMs / newMs, 1),
      batch === 8 ? String(TARGET_MS[faces] ?? '-') : '-',
      `${same} of ${compared}`,
    ]),
  ),
);
printTable(
  'Enrolment into it, ms of the main thread (in memory alone)',
  ['faces', 'median', 'p99', 'max', 'target', 'shared MiB'],
  results.map(({ faces, enrolment, sharedMiB }) => [
    String(faces),
    figure(enrolment.median, 4),
    figure(enrolment.p99, 3),
    figure(enrolment.max),
    String(ENROLMENT_TARGET_MS),
    figure(sharedMiB, 0),
  ]),
);
print(
  `\nan enrolment until it is durable, with ${durable.faces} faces: ${figure(durable.ms.median)} ms (median), ` +
    `${figure(durable.ms.p99)} (p99), ${figure(durable.ms.max)} (max); quiet? ${trust(share)}`,
);
printForDocs(
  ['faces', '8 faces at once, ms (p99)', 'every row, one by one', 'one face, ms (p99)', 'every row'],
  results.map(({ faces, searches }) => [
    String(faces),
    ...[8, 1].flatMap((size) => {
      const one = searches.find(({ batch }) => batch === size);
      return [`${figure(one?.newMs)} (${figure(one?.p99Ms)})`, figure(one?.oldMs)];
    }),
  ]),
);
const curve = (size: number, of: 'newMs' | 'oldMs') =>
  results.map(({ faces, searches }) => [faces, searches.find(({ batch }) => batch === size)?.[of] ?? NaN] as const);
await writeChart(
  options.name,
  lineChart({
    title: 'A search of the gallery on one core, by its size',
    xLabel: 'faces',
    yLabel: 'ms (median)',
    xScale: 'log',
    yScale: 'log',
    xTicks: sizes,
    series: [
      { name: '8 faces at once', points: curve(8, 'newMs') },
      { name: 'one face', points: curve(1, 'newMs') },
      { name: '8 faces, every row', points: curve(8, 'oldMs'), isDashed: true },
      { name: 'one face, every row', points: curve(1, 'oldMs'), isDashed: true },
    ],
  }),
);
await writeResult(options.name, options, { dim: DIM, targetMs: TARGET_MS, results, durable, share });

function ofSize(faces: number) {
  note(`${faces} faces`);
  const matrix = new FaceMatrix(DIM, 0);
  const face = strangerFaces(DIM);
  const fillStartMs = performance.now();
  for (let index = 0; index < faces; index++) matrix.append(`face ${index}`, Math.floor(index / 2), face(index));
  const fillMs = performance.now() - fillStartMs;
  // Half of the probes are of people who are there, on other photographs.
  const probes = Array.from({ length: PROBES }, (_, index) => face(index % 2 === 0 ? faces + index : (index * 7919) % faces, 1));
  const searches = BATCHES.map((batch) => searchesOf(matrix, probes, batch));
  const enrolment = summaryOf(
    Array.from({ length: ENROLMENTS }, (_, index) => {
      const embedding = face(faces + index);
      const startMs = performance.now();
      matrix.append(`later ${index}`, index, embedding);
      return performance.now() - startMs;
    }),
  );
  const sharedMiB = matrix.snapshot.chunks.reduce((sum, { byteLength }) => sum + byteLength, 0) / 2 ** 20;
  return { faces, fillMs, searches, enrolment, sharedMiB };
}

function searchesOf(matrix: FaceMatrix, probes: readonly Float32Array[], batch: number) {
  const { snapshot } = matrix;
  const search = new GallerySearch(snapshot);
  const chunks = snapshot.chunks.map((memory) => viewChunk(memory, DIM));
  const batches = Array.from({ length: Math.floor(probes.length / batch) }, (_, index) =>
    probes.slice(index * batch, (index + 1) * batch),
  );
  const take = (run: (probes: readonly Float32Array[]) => unknown): number[] => {
    const times: number[] = [];
    const endMs = performance.now() + secondsEach * 1000;
    while (performance.now() < endMs || times.length < LEAST_REPEATS) {
      const startMs = performance.now();
      run(batches[times.length % batches.length] ?? []);
      times.push(performance.now() - startMs);
    }
    return times;
  };
  const everyRow = (some: readonly Float32Array[]): Best[] => some.map((probe) => compareEveryRow(chunks, probe));
  // The first searches run on code that is not yet optimised.
  for (let warm = 0; warm < 20; warm++) search.search(batches[0] ?? []);
  const newTimes = summaryOf(take((some) => search.search(some)));
  const oldMs = median(take(everyRow));
  const compared = probes.slice(0, 16);
  const expected = everyRow(compared);
  const same = search
    .search(compared, 1)
    .filter(([best], index) => best?.owner === expected[index]?.owner && best?.similarity === expected[index]?.similarity);
  return { batch, oldMs, newMs: newTimes.median, p99Ms: newTimes.p99, same: same.length, compared: compared.length };
}

interface Best {
  readonly owner: number;
  readonly similarity: number;
}

/** What the search was before: one probe after the other, every row compared exactly. */
function compareEveryRow(chunks: readonly GalleryChunk[], probe: Float32Array): Best {
  let owner = -1;
  let similarity = -Infinity;
  for (const { used, owners, embeddings } of chunks) {
    const rows = used[0] ?? 0;
    for (let row = 0; row < rows; row++) {
      if ((owners[row] as number) < 0) continue;
      const found = cosineWithRow(embeddings, row * DIM, probe);
      if (found <= similarity) continue;
      similarity = found;
      owner = owners[row] as number;
    }
  }
  return { owner, similarity };
}

/** Through the store, one after the other, as `POST /v1/people/{id}/faces` does it. */
async function durableEnrolment(faces: number) {
  note(`a gallery of ${faces} faces on disk`);
  const dir = await mkdtemp(join(tmpdir(), 'onlooker-bench-gallery-'));
  const model = { id: 'bench/strangers', sha256: '0'.repeat(64), dim: DIM };
  const face = strangerFaces(DIM);
  try {
    const gallery = await Gallery.open({ dir, model });
    try {
      const person = await gallery.createPerson({ name: 'Stranger' });
      await gallery.importAll(exportOfStrangers(dir, model, faces), 'merge');
      const times: number[] = [];
      for (let index = 0; index < DURABLE_ENROLMENTS; index++) {
        const imageSha256 = index.toString(16).padStart(64, '0');
        const enrolled: NewFace = { embedding: face(faces + index), quality: 1, box: FACE_BOX, imageSha256 };
        const startMs = performance.now();
        await gallery.addFace(person.id, enrolled);
        times.push(performance.now() - startMs);
      }
      return { faces, ms: summaryOf(times) };
    } finally {
      await gallery.close();
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
