// The tuning in force: the one that was kept, or measured now. A machine that cannot be measured runs with what is usual.
import type { PreparedPack } from '../../models/prepared.js';
import type { Provider } from '../lane-protocol.js';
import type { PipelineLog } from '../pipeline-log.js';
import { capacityOf, choosePlan } from './lane-plan.js';
import { measureCosts } from './measure-costs.js';
import { loadTuning, newTuning, saveTuning, type Tuning } from './tuning-store.js';

export interface TunerOptions {
  /** The cache of the models, where tunings are kept. */
  readonly modelsDir: string;
  /** Whether to measure where nothing is kept. */
  readonly measure: boolean;
  readonly signal?: AbortSignal;
}

/** For the first start: a second or two in all. */
const QUICK_EACH_MS = 40;

/** @returns null where nothing is known of this machine, and nothing is to be measured or can be */
export async function tuningFor(
  pack: PreparedPack,
  provider: Provider,
  { modelsDir, measure, signal }: TunerOptions,
  log: PipelineLog,
): Promise<Tuning | null> {
  const kept = await loadTuning(modelsDir, pack, provider);
  if (kept !== null || !measure) return kept;
  const startMs = performance.now();
  try {
    log.info({ provider }, 'measuring this machine, once');
    const costs = await measureCosts({ pack, provider, eachMs: QUICK_EACH_MS, signal });
    const plan = choosePlan(costs);
    const tuning = newTuning({ costs, plan, capacity: capacityOf(costs, plan) });
    log.info({ ms: Math.round(performance.now() - startMs), ...plan }, 'measured');
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
