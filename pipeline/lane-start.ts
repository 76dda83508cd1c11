// How many threads of which kind, and their start: on a GPU exactly one lane that batches across streams, on a CPU one
// lane a core with one thread each, which serves nearly twice the frames of one lane with all the threads.
import { availableParallelism } from 'node:os';
import { ladderUpTo } from './scheduling/batch-ladder.js';
import { LanePool } from './scheduling/lane-pool.js';
import type { LaneReady, LaneSettings, Provider } from './lane-protocol.js';
import { Lane } from './lane.js';
import type { LoadedModel } from '../protocol/models.js';
import { loadedModel } from './loaded-model.js';
import { SILENT_LOG, type PipelineLog } from './pipeline-log.js';
import type { PipelineOptions } from './pipeline-options.js';
import { providersToTry } from './provider.js';

/** Least score of what may be a face seen badly: it continues a track but never begins one (ByteTrack's second stage). */
const WEAK_FACE_SCORE = 0.3;

export interface StartedLanes {
  readonly lanes: LanePool;
  readonly provider: Provider;
  readonly models: readonly LoadedModel[];
  readonly preprocessWorkers: number;
  /** Frames that may be inside the pipeline at once. */
  readonly slots: number;
}

/** What is right for a provider on this machine, where nothing else was asked for. */
export function defaultSizes(provider: Provider, cores: number): { lanes: number; preprocessWorkers: number; maxBatch: number } {
  if (provider === 'cpu') return { lanes: cores, preprocessWorkers: Math.max(1, Math.ceil(cores / 2)), maxBatch: 2 };
  return { lanes: 1, preprocessWorkers: Math.max(1, cores - 1), maxBatch: 16 };
}

/**
 * @param onBack told when a lane that had died is back
 * @throws LaneError when no provider that may be used starts, or a model cannot be loaded
 */
export async function startLanes(options: PipelineOptions, onBack: () => void): Promise<StartedLanes> {
  const { pack, gallery, observer } = options;
  const log = options.log ?? SILENT_LOG;
  const cores = availableParallelism();
  const orDefault = (value: number | 'auto', fallback: number): number => (value === 'auto' ? fallback : value);
  const settingsFor = (provider: Provider): LaneSettings => {
    const sizes = defaultSizes(provider, cores);
    const lanes = orDefault(options.lanes, sizes.lanes);
    return {
      pack,
      provider,
      intraOpThreads: provider === 'cpu' ? Math.max(1, Math.floor(cores / lanes)) : 1,
      ladder: ladderUpTo(orDefault(options.maxBatch, sizes.maxBatch)),
      // Weaker ones are for streams whose faces are followed; the engine leaves them out of all others.
      detectionScore: Math.min(WEAK_FACE_SCORE, options.thresholds?.detectionScore ?? pack.thresholds.detectionScore),
      nmsIou: options.thresholds?.nmsIou ?? pack.thresholds.nmsIou,
      gallery: gallery?.snapshot ?? null,
    };
  };
  const started: Lane[] = [];
  const start = async (provider: Provider) => {
    const result = await Lane.start(settingsFor(provider), log, onBack);
    started.push(result.lane);
    return result.ready;
  };
  try {
    const { ready, provider } = await firstThatStarts(providersToTry(options.provider), start, log);
    const sizes = defaultSizes(provider, cores);
    const count = orDefault(options.lanes, sizes.lanes);
    await Promise.all(Array.from({ length: count - 1 }, () => start(provider)));
    const maxBatch = orDefault(options.maxBatch, sizes.maxBatch);
    const preprocessWorkers = orDefault(options.preprocessWorkers, sizes.preprocessWorkers);
    const models = [pack.detector, pack.landmarks, pack.embedder]
      .filter((model) => model !== undefined)
      .map((model) => loadedModel(model, provider, ready.models.find(({ id }) => id === model.id) ?? { loadMs: 0, warmupMs: 0 }));
    // On a CPU two frames in hand for a lane serve no more than one and a half (docs/performance.md), and make all wait longer.
    const perLane = provider === 'cpu' ? 1.5 : 2 * maxBatch;
    return {
      lanes: new LanePool(started, {
        maxBatch,
        mostOfOneStream: Math.ceil(maxBatch / 2),
        fillMs: 0,
        onBatch: (model, size) => observer?.batch(model, size),
      }),
      provider,
      models,
      preprocessWorkers,
      slots: preprocessWorkers + Math.ceil(count * perLane),
    };
  } catch (error) {
    await Promise.all(started.map((lane) => lane.close()));
    throw error;
  }
}

/** The best provider that starts; the last one's failure is the failure of all. */
async function firstThatStarts(
  providers: readonly Provider[],
  start: (provider: Provider) => Promise<LaneReady>,
  log: PipelineLog,
): Promise<{ readonly ready: LaneReady; readonly provider: Provider }> {
  let failure: unknown = new Error('no provider was named');
  for (const provider of providers) {
    try {
      return { ready: await start(provider), provider };
    } catch (error) {
      failure = error;
      const next = providers[providers.indexOf(provider) + 1];
      const reason = error instanceof Error ? error.message : String(error);
      if (next !== undefined) log.info({ provider, reason }, `provider ${provider} cannot start, trying ${next}`);
    }
  }
  throw failure;
}
