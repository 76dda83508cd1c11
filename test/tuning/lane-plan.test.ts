// From costs to a plan: arithmetic, for machines that are not at hand.
import { describe, expect, test } from 'vitest';
import { lookEvery } from '../../pipeline/tuning/assumed-use.js';
import { MOST, capacityOf, choosePlan as planOf, type LanePlan } from '../../pipeline/tuning/lane-plan.js';
import type { MachineCosts, ModelCosts } from '../../pipeline/tuning/machine-costs.js';

/** What is usual: of three frames one is looked at. */
const EVERY = 3;
const choosePlan = (costs: MachineCosts): LanePlan => planOf(costs, EVERY);

/** @param scaling wall time with all threads, as a part of that with one */
function cpu(cores: number, scaling: number, batchGain = 0.05): MachineCosts {
  const model = (kind: ModelCosts['kind'], ms: number): ModelCosts => ({
    id: kind,
    kind,
    runs: [1, 2, 4].flatMap((batch) => [
      { batch, threads: 1, lanes: cores, ms: ms * batch * (batch === 1 ? 1 : 1 - batchGain) },
      { batch, threads: cores, lanes: 1, ms: ms * batch * scaling },
    ]),
  });
  const models = [model('detector', 3.2), model('landmarks', 0.4), model('embedder', 5.5)];
  return { provider: 'cpu', cores, models, lookMs: 3.3, glanceMs: 1.4 };
}
const gpu = (perBatch: Readonly<Record<number, number>>): MachineCosts => {
  const runs = Object.entries(perBatch).map(([batch, ms]) => ({ batch: Number(batch), threads: 1, lanes: 1, ms }));
  const kinds = ['detector', 'landmarks', 'embedder'] as const;
  return { provider: 'webgpu', cores: 8, models: kinds.map((kind) => ({ id: kind, kind, runs })), lookMs: 3, glanceMs: 1.4 };
};

describe('on a processor', () => {
  test('a lane a core with one thread each, where threads within an operator gain less than they take', () => {
    expect(choosePlan(cpu(2, 0.65))).toMatchObject({ lanes: 2, threads: 1, maxBatch: 2 });
    expect(choosePlan(cpu(8, 0.4))).toMatchObject({ lanes: 8, threads: 1 });
  });

  test('one lane with all threads only where that is clearly faster', () => {
    expect(choosePlan(cpu(2, 0.45))).toMatchObject({ lanes: 2 });
    expect(choosePlan(cpu(2, 0.3))).toMatchObject({ lanes: 1, threads: 2 });
  });

  test('no batches where they gain nothing', () => {
    expect(choosePlan(cpu(2, 0.65, 0)).maxBatch).toBe(1);
  });

  test('a batch is not waited for, since it saves next to nothing', () => {
    expect(choosePlan(cpu(2, 0.65)).fillMs).toBe(0);
  });

  test('threads decode in proportion to their part of the work, at least one and at most one a core', () => {
    expect(choosePlan(cpu(1, 1)).preprocessWorkers).toBe(1);
    const two = choosePlan(cpu(2, 0.65)).preprocessWorkers;
    expect(two).toBeGreaterThanOrEqual(1);
    expect(two).toBeLessThanOrEqual(2);
    expect(choosePlan(cpu(16, 0.3)).preprocessWorkers).toBeGreaterThan(4);
  });

  test('serves what the sum of the costs leaves room for', () => {
    const costs = cpu(2, 0.65);
    const { everyFace, followed } = capacityOf(costs, choosePlan(costs), EVERY);
    // 3.3 + .7 + 3.2 + 1.4 (.8 + 5.5) = 16 ms of 2,000 a second.
    expect(everyFace).toBeCloseTo(2000 / 16.02, 0);
    expect(followed).toBeGreaterThan(3 * everyFace);
  });
});

test('followed streams cost as much as the setting has them looked at, and at least one look in 100 ms', () => {
  const costs = cpu(2, 0.65);
  const followed = (detectEvery: number): number => {
    const every = lookEvery(detectEvery);
    return capacityOf(costs, planOf(costs, every), every).followed;
  };
  // 3.3 + .7 + 3.2 + 1.4 * .4 = 7.76 ms of 2,000 a second, where every frame is looked at.
  expect(followed(1)).toBeCloseTo(2000 / 7.76, 0);
  expect(followed(2)).toBeGreaterThan(followed(1));
  expect(followed(3)).toBeGreaterThan(followed(2));
  // A camera's frames come every 40 ms.
  expect(followed(10)).toBe(followed(3));
});

test('what is chosen for the largest machine is within what is kept and what may be set', () => {
  for (const costs of [cpu(MOST.lanes, 0.65), cpu(MOST.lanes, 0.001), { ...gpu({ 1: 4, 2: 5 }), cores: MOST.lanes }]) {
    const plan = choosePlan(costs);
    for (const [size, most] of Object.entries(MOST)) expect(plan[size as keyof typeof MOST]).toBeLessThanOrEqual(most);
  }
});

describe('on a GPU', () => {
  test('one lane whose batches grow as long as they pay, and wait a little to fill', () => {
    const plan = choosePlan(gpu({ 1: 4, 2: 4.4, 4: 5.2, 8: 7.5, 16: 12 }));
    expect(plan).toMatchObject({ lanes: 1, threads: 1, maxBatch: 16 });
    expect(plan.fillMs).toBeGreaterThan(1);
    expect(plan.fillMs).toBeLessThanOrEqual(4);
  });

  test('batches stop growing where an item gets no cheaper', () => {
    expect(choosePlan(gpu({ 1: 4, 2: 5, 4: 7, 8: 14, 16: 28 })).maxBatch).toBe(4);
  });
});
