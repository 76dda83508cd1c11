// What each part of a frame costs: every model by batch and threads, as many at the same time as there would be lanes, and
// decoding. It takes a second or two and everything the processor has, and its threads leave memory behind: it is for a
// process of its own (measure-process.ts).
import { availableParallelism } from 'node:os';
import { ladderUpTo } from '../scheduling/batch-ladder.js';
import { MOST } from './lane-plan.js';
import type { MachineCosts, ModelCosts, RunCost } from './machine-costs.js';
import type { MeasureRequest } from './measure-protocol.js';
import { together } from './measuring-threads.js';
import { samplePicture } from './sample-picture.js';

/** Tops of the curves: a batch gains little on a CPU, and a lot on a GPU. */
const TOP_BATCH = { cpu: 4, gpu: 16 } as const;

/** @throws Error when a model cannot be run */
export async function measureCurves({ pack, provider, eachMs }: MeasureRequest): Promise<MachineCosts> {
  // A machine with more cores than there may be lanes is used as one with that many.
  const cores = Math.min(MOST.lanes, availableParallelism());
  const batches = ladderUpTo(provider === 'cpu' ? TOP_BATCH.cpu : TOP_BATCH.gpu);
  const settings = { pack, provider, batches, picture: await samplePicture(), eachMs };
  // On a CPU: a lane for each core with one thread, beside one lane with all the threads. On a GPU there is one lane.
  const arrangements =
    provider === 'cpu' && cores > 1
      ? [
          { lanes: cores, threads: 1 },
          { lanes: 1, threads: cores },
        ]
      : [{ lanes: 1, threads: 1 }];
  const runs = new Map<string, RunCost[]>();
  const kinds = new Map<string, ModelCosts['kind']>();
  let decoding = { lookMs: 0, glanceMs: 0 };
  for (const { lanes, threads } of arrangements) {
    const measured = await together(lanes, { ...settings, threads });
    const [first] = measured;
    if (first === undefined) throw new Error('nothing was measured');
    if (threads === 1)
      decoding = { lookMs: mean(measured, (one) => one.lookMs), glanceMs: mean(measured, (one) => one.glanceMs) };
    first.models.forEach(({ id, kind, runs: points }, model) => {
      kinds.set(id, kind);
      const all = points.map(({ batch }, point) => {
        const ms = mean(measured, (one) => one.models[model]?.runs[point]?.ms ?? 0);
        return { batch, threads, lanes, ms };
      });
      runs.set(id, [...(runs.get(id) ?? []), ...all]);
    });
  }
  const models = [...kinds].map(([id, kind]) => ({ id, kind, runs: runs.get(id) ?? [] }));
  return { provider, cores, models, ...decoding };
}

function mean<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0) / Math.max(1, items.length);
}
