// `onlooker tune`: measures thoroughly and tries out every arrangement that may be best, then keeps what served most.
import type { PreparedPack } from '../../models/prepared.js';
import type { Provider } from '../lanes/lane-protocol.js';
import { usualPlan } from '../lanes/lane-start.js';
import type { PipelineOptions } from '../pipeline-options.js';
import { lookEvery } from './assumed-use.js';
import { MOST, capacityOf, choosePlan, type LanePlan } from './lane-plan.js';
import type { MachineCosts } from './machine-costs.js';
import { measureCosts } from './measure-costs.js';
import { tryPlan, type SampleTask } from './trial.js';
import { newTuning, saveTuning, type Trial, type Tuning } from './tuning-store.js';

export interface TuneOptions {
  readonly modelsDir: string;
  readonly pipeline: PipelineOptions & { readonly pack: PreparedPack };
  readonly provider: Provider;
  /** What is tried out. */
  readonly task: SampleTask;
  /** Told what it is doing. */
  readonly onStep: (step: string) => void;
}

const EACH_MS = 250;
/** Each arrangement is tried so often, in turns, since other work on the machine comes and goes; the best time counts. */
const ROUNDS = 2;

/** @throws Error when the provider or a model does not start */
export async function tune({ modelsDir, pipeline, provider, task, onStep }: TuneOptions): Promise<Tuning> {
  onStep('measuring every model by batch and threads');
  const costs = await measureCosts({ pack: pipeline.pack, provider, eachMs: EACH_MS });
  const every = lookEvery(pipeline.detectEvery);
  const calculated = choosePlan(costs, every);
  const trials: Trial[] = [];
  const plans = plansToTry(calculated, costs);
  for (let round = 1; round <= ROUNDS; round++) {
    for (const [index, plan] of plans.entries()) {
      onStep(`trying arrangement ${index + 1} of ${plans.length}, round ${round} of ${ROUNDS}`);
      const trial = await tryPlan(plan, pipeline, provider, task);
      const before = trials[index];
      trials[index] = before === undefined ? trial : better(before, trial);
    }
  }
  const { plan } = trials.reduce((best, trial) => (score(trial) > score(best) ? trial : best));
  const tuning = newTuning({ costs, lookEvery: every, plan, capacity: capacityOf(costs, plan, every), trials });
  await saveTuning(modelsDir, pipeline.pack, tuning);
  return tuning;
}

/** The calculated plan, the usual one, and its neighbours. */
function plansToTry(calculated: LanePlan, { provider, cores }: MachineCosts): LanePlan[] {
  const usual = usualPlan(provider, cores);
  const around = (plan: LanePlan): LanePlan[] => [
    plan,
    ...[plan.preprocessWorkers - 1, plan.preprocessWorkers + 1]
      .filter((workers) => workers >= 1 && workers <= cores)
      .map((preprocessWorkers) => ({ ...plan, preprocessWorkers })),
    ...[plan.maxBatch / 2, plan.maxBatch * 2]
      .filter((batch) => batch >= 1 && batch <= MOST.maxBatch)
      .map((maxBatch) => ({ ...plan, maxBatch })),
  ];
  const oneLane = { ...usual, lanes: 1, threads: cores };
  const plans = [...around(calculated), usual, ...(provider === 'cpu' && cores > 1 ? [oneLane] : [])];
  return [...new Map(plans.map((plan) => [JSON.stringify(plan), plan])).values()];
}

/** Both ways of use count alike, each against its own scale. */
const score = ({ everyFace, followed }: Trial): number =>
  Math.log(everyFace.framesPerSecond) + Math.log(followed.framesPerSecond);

function better(a: Trial, b: Trial): Trial {
  const most = <K extends 'everyFace' | 'followed'>(kind: K): Trial[K] =>
    a[kind].framesPerSecond >= b[kind].framesPerSecond ? a[kind] : b[kind];
  return { plan: a.plan, everyFace: most('everyFace'), followed: most('followed') };
}
