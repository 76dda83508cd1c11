// How many threads of which kind, and their start: on a GPU exactly one lane that batches across streams, on a CPU as many
// as measured best on this machine, as a rule one lane a core with one thread each.
import { availableParallelism } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../protocol/errors.js';
import { ladderUpTo, topRung } from '../scheduling/batch-ladder.js';
import { LanePool } from '../scheduling/lane-pool.js';
import type { ModelStart, Provider } from './lane-protocol.js';
import { Lane, type LaneSettings, type LaneTaskSource } from './lane.js';
import { SILENT_LOG } from '../pipeline-log.js';
import type { PipelineOptions } from '../pipeline-options.js';
import { firstThatStarts } from './provider.js';
import type { LanePlan } from '../tuning/lane-plan.js';
import type { Tuning } from '../tuning/tuning-store.js';

export interface StartedLanes {
  readonly lanes: LanePool;
  /** What is known of this machine; null where it was not measured. */
  readonly tuning: Tuning | null;
  readonly provider: Provider;
  /** In force. */
  readonly plan: LanePlan;
  /** How long each of them took to start. */
  readonly models: readonly ModelStart[];
  readonly preprocessWorkers: number;
  /** Frames that may be inside the pipeline at once. */
  readonly slots: number;
}

/** What is right for a provider on a machine that was not measured. */
export function usualPlan(provider: Provider, cores: number): LanePlan {
  if (provider !== 'cpu') return { lanes: 1, threads: 1, preprocessWorkers: Math.max(1, cores - 1), maxBatch: 16, fillMs: 0 };
  return { lanes: cores, threads: 1, preprocessWorkers: Math.max(1, Math.ceil(cores / 2)), maxBatch: 2, fillMs: 0 };
}

/** A plan with what was asked for outright; its largest batch is a rung of the ladder. */
export function planFor(
  options: Pick<PipelineOptions, 'lanes' | 'preprocessWorkers' | 'maxBatch'>,
  provider: Provider,
  tuning: Tuning | null,
): LanePlan {
  const cores = availableParallelism();
  const plan = tuning?.plan ?? usualPlan(provider, cores);
  const lanes = options.lanes === 'auto' ? plan.lanes : options.lanes;
  const spread = provider === 'cpu' ? Math.max(1, Math.floor(cores / lanes)) : 1;
  return {
    lanes,
    threads: lanes === plan.lanes ? plan.threads : spread,
    preprocessWorkers: options.preprocessWorkers === 'auto' ? plan.preprocessWorkers : options.preprocessWorkers,
    maxBatch: topRung(options.maxBatch === 'auto' ? plan.maxBatch : options.maxBatch),
    fillMs: plan.fillMs,
  };
}

export interface LanesWanted extends Pick<
  PipelineOptions,
  'provider' | 'lanes' | 'preprocessWorkers' | 'maxBatch' | 'observer' | 'log'
> {
  readonly tasks: readonly LaneTaskSource[];
  /** What is known of this machine. @param mayMeasure whether it may be found out now */
  readonly tuningOf: (provider: Provider, mayMeasure: boolean) => Promise<Tuning | null>;
}

/**
 * @param onBack told when a lane that had died is back
 * @param given a plan to be tried: it goes before what was measured and before what is set
 * @throws LaneError when no provider that may be used starts, or a model cannot be loaded
 */
export async function startLanes(wanted: LanesWanted, onBack: () => void, given?: LanePlan): Promise<StartedLanes> {
  const { tasks, tuningOf, observer, log = SILENT_LOG } = wanted;
  const settingsFor = (provider: Provider, { threads, maxBatch }: LanePlan): LaneSettings => ({
    provider,
    intraOpThreads: threads,
    ladder: ladderUpTo(maxBatch),
    tasks,
  });
  const started: Lane[] = [];
  const start = async (provider: Provider, plan: LanePlan) => {
    const result = await Lane.start(settingsFor(provider, plan), log, onBack);
    started.push(result.lane);
    return result.ready;
  };
  const planWith = (provider: Provider, tuning: Tuning | null): LanePlan => given ?? planFor(wanted, provider, tuning);
  try {
    // What was measured before is in force from the beginning; whether to measure now is asked once it is known who runs.
    const first = async (provider: Provider) => {
      const known = await tuningOf(provider, false);
      return { known, ready: await start(provider, planWith(provider, known)) };
    };
    const { provider, result } = await firstThatStarts(wanted.provider, first, (without, next, error) => {
      const reason = messageOf(error).replace(`${without} cannot start: `, '');
      // No failure: `auto` means the best that there is.
      log.info({ provider: next, without, reason }, `${without} is not there, trying ${next}`);
    });
    let { ready } = result;
    const tuning = result.known ?? (await tuningOf(provider, true));
    const plan = planWith(provider, tuning);
    if (!isDeepStrictEqual(settingsFor(provider, plan), settingsFor(provider, planWith(provider, result.known)))) {
      await Promise.all(started.splice(0).map((lane) => lane.close()));
      ready = await start(provider, plan);
    }
    const { lanes: count, maxBatch, preprocessWorkers, fillMs } = plan;
    // All have ended their start, one way or the other, before any is closed: one that still starts would be left running.
    await allOrFirstFailure(Array.from({ length: count - 1 }, () => start(provider, plan)));
    // On a CPU two frames in hand for a lane serve no more than one and a half (docs/performance.md), and make all wait longer.
    const perLane = provider === 'cpu' ? 1.5 : 2 * maxBatch;
    return {
      lanes: new LanePool(started, {
        maxBatch,
        mostOfOneStream: Math.ceil(maxBatch / 2),
        fillMs,
        onBatch: (model, size, ms) => observer?.batch(model, size, ms),
      }),
      tuning,
      provider,
      plan,
      models: ready.models,
      preprocessWorkers,
      slots: preprocessWorkers + Math.ceil(count * perLane),
    };
  } catch (error) {
    await Promise.all(started.map((lane) => lane.close()));
    throw error;
  }
}

/** @throws what the first of them was rejected with, once none of them is under way any more */
export async function allOrFirstFailure<T>(promises: readonly Promise<T>[]): Promise<void> {
  await Promise.allSettled(promises);
  await Promise.all(promises);
}
