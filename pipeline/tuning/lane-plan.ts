// From what a machine costs to how it is used: how many lanes with how many threads, how large batches grow and how long they
// may fill, how many threads decode, and what all that serves. Pure arithmetic; docs/performance.md explains it.
import { MEAN_FACES } from './assumed-use.js';
import type { MachineCosts, ModelCosts } from './machine-costs.js';
import { runMs } from './machine-costs.js';

export interface LanePlan {
  readonly lanes: number;
  /** Threads within an operator, of each lane. */
  readonly threads: number;
  readonly preprocessWorkers: number;
  readonly maxBatch: number;
  /** How long frames may wait for a batch to fill, ms. */
  readonly fillMs: number;
}
/** Bounds of a plan, whoever makes it: measured, kept in a file, or set by hand. */
export const MOST = { lanes: 256, threads: 256, preprocessWorkers: 256, maxBatch: 64, fillMs: 100 } as const;
/** What a plan serves by calculation, frames a second over all streams. */
export interface Capacity {
  /** Every face of every frame embedded. */
  readonly everyFace: number;
  /** Faces followed, of known people who stay, at 25 frames a second. */
  readonly followed: number;
}

/** Looks of the landmark model at a face: two, or one where earlier frames tell where to look. */
const POINT_LOOKS = 2;
/** Sockets, msgpack and messages between threads, of the main thread: measured on one machine, small beside the rest. */
const OVERHEAD_MS = 0.7;
/** A rung of the ladder must be cheaper a face or frame than the one before it by so much, or it only makes others wait. */
const LEAST_GAIN = 0.02;
/** Two lanes and two frames each are under way at once: larger batches than that never come together on a CPU. */
const MOST_ON_CPU = 2;
/** A batch is worth waiting for where it makes an item so much cheaper, and never for longer than this. */
const FILL_GAIN = 0.2;
const MOST_FILL_MS = 4;
/** One lane must serve so much more than the usual one a core to be chosen: short measurements wobble where others work too. */
const CLEAR_LEAD = 1.3;
/** Decoding comes in bursts: more threads than its mean share of the work. */
const DECODING_HEADROOM = 1.5;

/** @param every of so many frames of a followed stream one is looked at (`lookEvery`) */
export function choosePlan(costs: MachineCosts, every: number): LanePlan {
  const { cores, provider } = costs;
  const usual = provider === 'cpu' ? { lanes: cores, threads: 1 } : { lanes: 1, threads: 1 };
  const alternative = { lanes: 1, threads: cores };
  const isAlternativeBetter =
    provider === 'cpu' && cores > 1 && everyFaceFps(costs, alternative) > CLEAR_LEAD * everyFaceFps(costs, usual);
  const chosen = isAlternativeBetter ? alternative : usual;
  const maxBatch = topOfLadder(costs, chosen.threads);
  const laneMs = laneMsFollowed(costs, chosen.threads, every) * (chosen.lanes === 1 ? chosen.threads : 1);
  const decodingMs = decodingMsFollowed(costs, every);
  const share = provider === 'cpu' ? decodingMs / (decodingMs + laneMs) : (cores - 1) / cores;
  return {
    ...chosen,
    maxBatch,
    fillMs: fillMs(costs, chosen.threads, maxBatch),
    preprocessWorkers: Math.min(cores, Math.max(1, Math.ceil(cores * share * (provider === 'cpu' ? DECODING_HEADROOM : 1)))),
  };
}

/** @param every of so many frames of a followed stream one is looked at (`lookEvery`) */
export function capacityOf(costs: MachineCosts, plan: LanePlan, every: number): Capacity {
  const { cores, provider } = costs;
  if (provider !== 'cpu') {
    const decoding = (1000 * plan.preprocessWorkers) / costs.lookMs;
    return {
      everyFace: Math.min(decoding, 1000 / laneMsEveryFace(costs, 1, plan.maxBatch)),
      followed: Math.min(
        (1000 * plan.preprocessWorkers) / decodingMsFollowed(costs, every),
        1000 / laneMsFollowed(costs, 1, every),
      ),
    };
  }
  const laneCores = plan.lanes === 1 ? plan.threads : 1;
  const followedMs = decodingMsFollowed(costs, every) + laneCores * laneMsFollowed(costs, plan.threads, every) + OVERHEAD_MS;
  return { everyFace: everyFaceFps(costs, plan), followed: (1000 * cores) / followedMs };
}

function everyFaceFps(costs: MachineCosts, { lanes, threads }: { readonly lanes: number; readonly threads: number }): number {
  // All threads of an operator are busy while it runs; decoding and the main thread take their part of the same cores.
  const laneCores = lanes === 1 ? threads : 1;
  return (1000 * costs.cores) / (costs.lookMs + OVERHEAD_MS + laneCores * laneMsEveryFace(costs, threads, 1));
}

function laneMsEveryFace({ models }: MachineCosts, threads: number, batch: number): number {
  const each = (kind: ModelCosts['kind']): number => perItem(models, kind, threads, batch);
  return each('detector') + MEAN_FACES * (POINT_LOOKS * each('landmarks') + each('embedder'));
}

function laneMsFollowed({ models }: MachineCosts, threads: number, every: number): number {
  return (perItem(models, 'detector', threads, 1) + MEAN_FACES * perItem(models, 'landmarks', threads, 1)) / every;
}

function decodingMsFollowed({ lookMs, glanceMs }: MachineCosts, every: number): number {
  return (lookMs + (every - 1) * glanceMs) / every;
}

function perItem(models: readonly ModelCosts[], kind: ModelCosts['kind'], threads: number, batch: number): number {
  const model = models.find((one) => one.kind === kind);
  const ms = model && runMs(model, batch, threads);
  if (ms !== undefined) return ms / batch;
  return batch === 1 ? 0 : perItem(models, kind, threads, 1);
}

/** The largest batch up to which every rung pays, for the model that is dearest a face. */
function topOfLadder({ models, provider }: MachineCosts, threads: number): number {
  const dearest = models.find(({ kind }) => kind === 'embedder') ?? models.find(({ kind }) => kind === 'detector');
  if (dearest === undefined) return 1;
  const most = provider === 'cpu' ? MOST_ON_CPU : Infinity;
  let top = 1;
  for (let rung = 2; rung <= most; rung *= 2) {
    const ms = runMs(dearest, rung, threads);
    const before = runMs(dearest, top, threads);
    if (ms === undefined || before === undefined || ms / rung > (1 - LEAST_GAIN) * (before / top)) break;
    top = rung;
  }
  return top;
}

/** No longer than a fuller batch saves each frame in it. */
function fillMs({ models, provider }: MachineCosts, threads: number, maxBatch: number): number {
  // On a CPU a fuller batch saves next to nothing, and what it saves another frame could have used.
  if (provider === 'cpu') return 0;
  const detector = models.find(({ kind }) => kind === 'detector');
  const alone = detector && runMs(detector, 1, threads);
  const full = detector && runMs(detector, maxBatch, threads);
  if (alone === undefined || full === undefined) return 0;
  const savedMs = alone - full / maxBatch;
  return savedMs < FILL_GAIN * alone ? 0 : Math.min(MOST_FILL_MS, Math.round(savedMs * 10) / 10);
}
