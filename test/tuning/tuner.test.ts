// Measuring this machine for real: the curves are whole, the result is kept and found again, and the service runs by it.
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { SILENT_LOG } from '../../pipeline/pipeline-log.js';
import { samplePicture } from '../../pipeline/tuning/sample-picture.js';
import { tuningFor } from '../../pipeline/tuning/tuner.js';
import { loadTuning, saveTuning, type Tuning } from '../../pipeline/tuning/tuning-store.js';
import type { ModelsAnswer } from '../../protocol/models.js';
import { readJpegHeader } from '../../pipeline/images/jpeg-header.js';
import { cacheDir, defaultPack } from '../fixtures.js';
import { startService, until } from '../server/support/service.js';

const newFolder = () => mkdtemp(join(tmpdir(), 'onlooker-tuning-'));
const measure = async (modelsDir: string, detectEvery = 3) => {
  const tuning = await tuningFor(await defaultPack(), 'cpu', { modelsDir, measure: true, detectEvery }, SILENT_LOG);
  if (tuning === null) throw new Error('nothing was measured');
  return tuning;
};
const keptIn = async (modelsDir: string): Promise<string[]> => (await readdir(join(modelsDir, 'tuning'))).sort();

let folder: string;
/** Where this machine was measured, for all tests: each saves it in its own folder. */
let measuredFolder: string;
let tuning: Tuning;
beforeAll(async () => {
  measuredFolder = await newFolder();
  tuning = await measure(measuredFolder);
});
beforeEach(async () => {
  folder = await newFolder();
});
afterEach(() => rm(folder, { recursive: true, force: true }));
afterAll(() => rm(measuredFolder, { recursive: true, force: true }));

test('every model is measured by batch and threads, once, and the measurement is found again', async () => {
  const pack = await defaultPack();
  const cores = availableParallelism();
  expect(tuning.costs.models.map(({ kind }) => kind)).toEqual(['detector', 'landmarks', 'embedder']);
  for (const { runs } of tuning.costs.models) {
    for (const threads of new Set([1, cores])) {
      expect(runs.filter((run) => run.threads === threads).map(({ batch }) => batch)).toEqual([1, 2, 4]);
    }
    for (const { ms } of runs) expect(ms).toBeGreaterThan(0);
  }
  // Which of them is more, a busy machine may say otherwise: what follows from them is test/tuning/lane-plan.test.ts.
  const { costs, capacity } = tuning;
  for (const figure of [costs.glanceMs, costs.lookMs, capacity.everyFace, capacity.followed]) expect(figure).toBeGreaterThan(0);
  expect(await keptIn(measuredFolder)).toHaveLength(1);
  expect(await loadTuning(measuredFolder, pack, 'cpu')).toEqual(tuning);
  expect(await measure(measuredFolder)).toEqual(tuning);
  // Another provider, or another model, is another measurement.
  expect(await loadTuning(measuredFolder, pack, 'cuda')).toBeNull();
  expect(await loadTuning(measuredFolder, { ...pack, detector: { ...pack.detector, sha256: 'other' } }, 'cpu')).toBeNull();
});

test('a measurement that is damaged, or of another version, counts as none', async () => {
  const pack = await defaultPack();
  await saveTuning(folder, pack, tuning);
  const [file = ''] = await keptIn(folder);
  for (const text of [
    '',
    '{"version": 3}',
    JSON.stringify({ ...tuning, version: 0 }),
    JSON.stringify({ ...tuning, plan: { lanes: -1 } }),
  ]) {
    await writeFile(join(folder, 'tuning', file), text);
    expect(await loadTuning(folder, pack, 'cpu')).toBeNull();
  }
  await saveTuning(folder, pack, tuning);
  expect(await loadTuning(folder, pack, 'cpu')).toEqual(tuning);
  expect(await keptIn(folder)).toEqual([file]);
});

test('a measurement that no machine has, or that is of another machine or provider, counts as none', async () => {
  const pack = await defaultPack();
  await saveTuning(folder, pack, tuning);
  const { plan, costs, capacity } = tuning;
  for (const wrong of [
    { machine: 'another machine' },
    { measuredAt: 'yesterday' },
    { costs: { ...costs, provider: 'cuda' } },
    { costs: { ...costs, cores: 1_000_000 } },
    { costs: { ...costs, lookMs: 0 } },
    { plan: { ...plan, lanes: 257 } },
    { plan: { ...plan, threads: 257 } },
    { plan: { ...plan, preprocessWorkers: 257 } },
    { plan: { ...plan, maxBatch: 65 } },
    { plan: { ...plan, fillMs: 101 } },
    { capacity: { ...capacity, everyFace: 0 } },
    { capacity: { ...capacity, followed: -1 } },
  ]) {
    const [file = ''] = await keptIn(folder);
    await writeFile(join(folder, 'tuning', file), JSON.stringify({ ...tuning, ...wrong }));
    expect(await loadTuning(folder, pack, 'cpu'), JSON.stringify(wrong)).toBeNull();
  }
  // It is measured again, and what is kept then is sound.
  const anew = await measure(folder);
  expect(await loadTuning(folder, pack, 'cpu')).toEqual(anew);
});

test('what was measured is calculated anew where frames are looked at more often than it was kept for', async () => {
  const pack = await defaultPack();
  const served = { framesPerSecond: 1000, p95Ms: 1 };
  const tried = { ...tuning, trials: [{ plan: tuning.plan, everyFace: served, followed: served }] };
  await saveTuning(folder, pack, tried);
  const often = await measure(folder, 1);
  expect(often).toMatchObject({ measuredAt: tuning.measuredAt, costs: tuning.costs, lookEvery: 1 });
  expect(often.capacity.followed).toBeLessThan(tuning.capacity.followed);
  expect(often.trials).toBeUndefined();
  // The file is as it was, for whoever sets it back; and of a camera no fewer frames than one in 100 ms are looked at.
  expect(await measure(folder, 3)).toEqual(tried);
  expect(await measure(folder, 10)).toEqual(tried);
});

test('nothing is measured where that is not wanted', async () => {
  expect(
    await tuningFor(await defaultPack(), 'cpu', { modelsDir: folder, measure: false, detectEvery: 3 }, SILENT_LOG),
  ).toBeNull();
});

test('the service runs by what was measured and tells it', async () => {
  // What is measured while tests run must not be kept for the services of this machine.
  for (const part of ['sha256', 'derived']) await symlink(join(cacheDir, part), join(folder, part));
  const service = await startService({ ONLOOKER_TUNE_AT_START: 'true', ONLOOKER_MODELS_DIR: folder });
  try {
    const { tuning: told } = (await (await fetch(`${service.url}/v1/models`)).json()) as ModelsAnswer;
    if (told === undefined) throw new Error('nothing is told');
    expect(told.provider).toBe('cpu');
    expect(await service.metric('onlooker_lanes')).toBe(told.plan.lanes);
    expect(told.sustained.followed.streams).toBeGreaterThanOrEqual(told.sustained.every_face.streams);
    await until(() => (service.log.includes('"msg":"what this machine sustains"') ? true : undefined));
  } finally {
    await service.stop();
  }
});

test('the picture that is measured on is a camera frame of usual weight, the same each time', async () => {
  const picture = await samplePicture();
  expect(readJpegHeader(picture)).toMatchObject({ width: 1280, height: 720 });
  expect(picture.length).toBeGreaterThan(40_000);
  expect(picture.length).toBeLessThan(200_000);
  expect((await samplePicture()).equals(picture)).toBe(true);
});
