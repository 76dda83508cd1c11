// Measuring this machine for real: the curves are whole, the result is kept and found again, and the service runs by it.
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SILENT_LOG } from '../../pipeline/pipeline-log.js';
import { samplePicture } from '../../pipeline/tuning/sample-picture.js';
import { tuningFor } from '../../pipeline/tuning/tuner.js';
import { loadTuning, saveTuning } from '../../pipeline/tuning/tuning-store.js';
import type { ModelsAnswer } from '../../protocol/models.js';
import { readJpegHeader } from '../../pipeline/images/jpeg-header.js';
import { cacheDir, defaultPack } from '../fixtures.js';
import { startService, until } from '../server/support/service.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-tuning-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const kept = async (): Promise<string[]> => (await readdir(join(folder, 'tuning'))).sort();

test('every model is measured by batch and threads, once, and the measurement is found again', async () => {
  const pack = await defaultPack();
  const tuning = await tuningFor(pack, 'cpu', { modelsDir: folder, measure: true, detectEvery: 3 }, SILENT_LOG);
  if (tuning === null) throw new Error('nothing was measured');
  const cores = availableParallelism();
  expect(tuning.costs.models.map(({ kind }) => kind)).toEqual(['detector', 'landmarks', 'embedder']);
  for (const { runs } of tuning.costs.models) {
    for (const threads of new Set([1, cores])) {
      expect(runs.filter((run) => run.threads === threads).map(({ batch }) => batch)).toEqual([1, 2, 4]);
    }
    for (const { ms } of runs) expect(ms).toBeGreaterThan(0);
  }
  expect(tuning.costs.glanceMs).toBeLessThan(tuning.costs.lookMs);
  expect(tuning.capacity.followed).toBeGreaterThan(tuning.capacity.everyFace);
  expect(await kept()).toHaveLength(1);
  expect(await loadTuning(folder, pack, 'cpu')).toEqual(tuning);
  expect(await tuningFor(pack, 'cpu', { modelsDir: folder, measure: true, detectEvery: 3 }, SILENT_LOG)).toEqual(tuning);
  // Another provider, or another model, is another measurement.
  expect(await loadTuning(folder, pack, 'cuda')).toBeNull();
  expect(await loadTuning(folder, { ...pack, detector: { ...pack.detector, sha256: 'other' } }, 'cpu')).toBeNull();
});

test('a measurement that is damaged, or of another version, counts as none', async () => {
  const pack = await defaultPack();
  const tuning = await tuningFor(pack, 'cpu', { modelsDir: folder, measure: true, detectEvery: 3 }, SILENT_LOG);
  if (tuning === null) throw new Error('nothing was measured');
  const [file = ''] = await kept();
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
  expect(await kept()).toEqual([file]);
});

test('a measurement that no machine has, or that is of another machine or provider, counts as none', async () => {
  const pack = await defaultPack();
  const tuning = await tuningFor(pack, 'cpu', { modelsDir: folder, measure: true, detectEvery: 3 }, SILENT_LOG);
  if (tuning === null) throw new Error('nothing was measured');
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
    const [file = ''] = await kept();
    await writeFile(join(folder, 'tuning', file), JSON.stringify({ ...tuning, ...wrong }));
    expect(await loadTuning(folder, pack, 'cpu'), JSON.stringify(wrong)).toBeNull();
  }
  // It is measured again, and what is kept then is sound.
  expect(await tuningFor(pack, 'cpu', { modelsDir: folder, measure: true, detectEvery: 3 }, SILENT_LOG)).not.toBeNull();
  expect(await loadTuning(folder, pack, 'cpu')).not.toBeNull();
});

test('what was measured is calculated anew where frames are looked at more often than it was kept for', async () => {
  const pack = await defaultPack();
  const withEvery = (detectEvery: number) =>
    tuningFor(pack, 'cpu', { modelsDir: folder, measure: true, detectEvery }, SILENT_LOG);
  const kept = await withEvery(3);
  if (kept === null) throw new Error('nothing was measured');
  const served = { framesPerSecond: 1000, p95Ms: 1 };
  const tried = { ...kept, trials: [{ plan: kept.plan, everyFace: served, followed: served }] };
  await saveTuning(folder, pack, tried);
  const often = await withEvery(1);
  expect(often).toMatchObject({ measuredAt: kept.measuredAt, costs: kept.costs, lookEvery: 1 });
  expect(often?.capacity.followed).toBeLessThan(kept.capacity.followed);
  expect(often?.trials).toBeUndefined();
  // The file is as it was, for whoever sets it back; and of a camera no fewer frames than one in 100 ms are looked at.
  expect(await withEvery(3)).toEqual(tried);
  expect(await withEvery(10)).toEqual(tried);
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
    const { tuning } = (await (await fetch(`${service.url}/v1/models`)).json()) as ModelsAnswer;
    if (tuning === undefined) throw new Error('nothing is told');
    expect(tuning.provider).toBe('cpu');
    expect(await service.metric('onlooker_lanes')).toBe(tuning.plan.lanes);
    expect(tuning.sustained.followed.streams).toBeGreaterThanOrEqual(tuning.sustained.every_face.streams);
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
