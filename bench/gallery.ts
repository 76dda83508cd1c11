// `npm run bench:gallery`: how long a search of the gallery takes by size and batch, beside comparing every row in plain
// JavaScript; whether both give the same; and how long the main thread is held by an enrolment.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cosineWithRow } from '../pipeline/cosine.js';
import { FaceMatrix } from '../pipeline/gallery/face-matrix.js';
import { viewChunk, type GalleryChunk } from '../pipeline/gallery/gallery-chunk.js';
import { Gallery, type GalleryModel, type NewFace } from '../pipeline/gallery/gallery.js';
import { writeGalleryFile } from '../pipeline/gallery/gallery-file.js';
import { GallerySearch } from '../pipeline/gallery/gallery-search.js';
import { encodeFace, encodePerson } from '../pipeline/gallery/records.js';
import { SpoolFile } from '../pipeline/gallery/spool-file.js';
import type { StoreRecord } from '../pipeline/store/record-store.js';
import { machineShare, processorTimes, trust } from './machine.js';
import { benchCommand, wholeNumber, type CommonOptions } from './options.js';
import { figure, note, print, printTable, writeResult } from './report.js';
import { median, summaryOf } from './statistics.js';
import { strangerFaces } from './stranger-faces.js';

interface Options extends CommonOptions {
  readonly large: boolean;
  readonly seconds: number;
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
const FACES_A_RECORD_CHUNK = 256;

const options = benchCommand('gallery', 'search and enrolment by the size of the gallery')
  .option('--large', 'a million faces too (3 GB of memory)', false)
  .option('--seconds <count>', 'how long each figure is measured', wholeNumber(1, 60), 2)
  .parse()
  .opts<Options>();

const before = processorTimes();
const sizes = [1000, 10_000, 100_000, ...(options.large ? [1_000_000] : [])];
const results = [];
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
    const endMs = performance.now() + options.seconds * 1000;
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
      await gallery.importAll(exportOf(dir, model, faces, face), 'merge');
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

/** An exported gallery of strangers with a face each. */
async function* exportOf(
  dir: string,
  model: GalleryModel,
  faces: number,
  face: (index: number) => Float32Array,
): AsyncGenerator<Uint8Array> {
  const spool = await SpoolFile.create(dir);
  const idOf = (index: number): string => `stranger-${String(index).padStart(7, '0')}`;
  const sha256Of = (index: number): string => index.toString(16).padStart(64, 'f');
  const records = async function* (make: (index: number) => Buffer, most = faces): AsyncGenerator<readonly StoreRecord[]> {
    for (let from = 0; from < most; from += FACES_A_RECORD_CHUNK) {
      const count = Math.min(FACES_A_RECORD_CHUNK, most - from);
      yield Array.from({ length: count }, (_, index) => ({ key: idOf(from + index), value: make(from + index) }));
      await Promise.resolve();
    }
  };
  const times = { created_at: 0, updated_at: 0 };
  const personRecord = (index: number): Buffer =>
    encodePerson({ id: idOf(index), name: `Stranger ${index}`, external_id: null, metadata: {}, ...times });
  const faceRecord = (index: number): Buffer => {
    const stored = { id: idOf(index), person: idOf(index), quality: 1, box: [...FACE_BOX] as [number, number, number, number] };
    return encodeFace({ ...stored, image_sha256: sha256Of(index), created_at: 0 }, face(index));
  };
  try {
    const header = { model, people: faces, faces, gallery_version: 1, created_at: 0 };
    await writeGalleryFile(spool, header, {
      people: records(personRecord),
      faces: records(faceRecord),
      pictures: records(faceRecord, 0),
    });
    yield* spool.read();
  } finally {
    await spool.close();
  }
}
