// What `onlooker tune` tries is what it tells, and what the service then runs with.
import { expect, test } from 'vitest';
import { startLanes } from '../../pipeline/lanes/lane-start.js';
import { faceLane } from '../../pipeline/tasks/faces/faces.js';
import { sampleFaces } from '../../pipeline/tasks/faces/sample-faces.js';
import { tryPlan } from '../../pipeline/tuning/trial.js';
import { pipelineOptions } from '../../server/pipeline-settings.js';
import { settingsSchema } from '../../server/settings.js';
import { defaultPack } from '../fixtures.js';

/** Not what is usual anywhere, nor what would follow from its number of lanes. */
const UNUSUAL = { lanes: 1, threads: 1, preprocessWorkers: 1, maxBatch: 4, fillMs: 3 } as const;

test('the arrangement that is tried is the one that was asked for, with its threads and the time to fill', async () => {
  // Also where other sizes are set for the service.
  const options = pipelineOptions(settingsSchema.parse({ lanes: 2, preprocessWorkers: 2, maxBatch: 1 }), await defaultPack());
  const { plan, everyFace, followed } = await tryPlan(UNUSUAL, options, 'cpu', sampleFaces(options));
  expect(plan).toEqual(UNUSUAL);
  for (const { framesPerSecond, p95Ms } of [everyFace, followed]) {
    expect(framesPerSecond).toBeGreaterThan(0);
    expect(p95Ms).toBeGreaterThan(0);
  }
});

test('what is set outright goes before what is usual', async () => {
  const options = pipelineOptions(settingsSchema.parse({ provider: 'cpu', lanes: 1, maxBatch: 1 }), await defaultPack());
  const { lanes, plan } = await startLanes(
    { ...options, tasks: [faceLane(options)], tuningOf: () => Promise.resolve(null) },
    () => undefined,
  );
  await lanes.close();
  expect(plan).toMatchObject({ lanes: 1, maxBatch: 1 });
});
