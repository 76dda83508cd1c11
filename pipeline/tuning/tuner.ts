// The tuning in force: the one that was kept, or measured now. A machine that cannot be measured runs with what is usual.
import type { PreparedPack } from '../../models/prepared.js';
import type { Provider } from '../lanes/lane-protocol.js';
import type { PipelineLog } from '../pipeline-log.js';
import { lookEvery } from './assumed-use.js';
import { capacityOf, choosePlan } from './lane-plan.js';
import type { MachineCosts } from './machine-costs.js';
import { measureCosts } from './measure-costs.js';
import { loadTuning, newTuning, saveTuning, type Tuning } from './tuning-store.js';

export interface TunerOptions {
  /** The cache of the models, where tunings are kept. */
  readonly modelsDir: string;
  /** Whether to measure where nothing is kept. */
  readonly measure: boolean;
  readonly signal?: AbortSignal;
}

export interface TuningWanted extends TunerOptions {
  /** The setting: what is kept for another is calculated anew. */
  readonly detectEvery: number;
}

/** For the first start: a second or two in all. */
const QUICK_EACH_MS = 40;

/** @returns null where nothing is known of this machine, and nothing is to be measured or can be */
export async function tuningFor(
  pack: PreparedPack,
  provider: Provider,
  { modelsDir, measure, signal, detectEvery }: TuningWanted,
  log: PipelineLog,
): Promise<Tuning | null> {
  const kept = await loadTuning(modelsDir, pack, provider);
  const every = lookEvery(detectEvery);
  if (kept !== null) return kept.lookEvery === every ? kept : calculatedAnew(kept, every, log);
  if (!measure) return null;
  const startMs = performance.now();
  try {
    log.info({ provider }, 'measuring this machine, once');
    const costs = await measureCosts({ pack, provider, eachMs: QUICK_EACH_MS, signal });
    const tuning = newTuning(calculated(costs, every));
    log.info({ ms: Math.round(performance.now() - startMs), ...tuning.plan }, 'measured');
    await saveTuning(modelsDir, pack, tuning).catch((error: unknown) => {
      log.info({ reason: String(error) }, 'the measurement cannot be kept and will be made again at the next start');
    });
    return tuning;
  } catch (error) {
    signal?.throwIfAborted();
    log.error({ err: error }, 'this machine could not be measured; it runs with the usual sizes');
    return null;
  }
}

function calculated(costs: MachineCosts, every: number): Pick<Tuning, 'costs' | 'lookEvery' | 'plan' | 'capacity'> {
  const plan = choosePlan(costs, every);
  return { costs, lookEvery: every, plan, capacity: capacityOf(costs, plan, every) };
}

/** The costs hold as they are; what was tried out with frames looked at more or less often does not. */
function calculatedAnew({ version, measuredAt, machine, costs, trials }: Tuning, every: number, log: PipelineLog): Tuning {
  if (trials !== undefined)
    log.info({}, '`onlooker tune` was run with another ONLOOKER_DETECT_EVERY: what it tried out is not used');
  return { version, measuredAt, machine, ...calculated(costs, every) };
}
