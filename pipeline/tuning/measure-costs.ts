// Measures what each part of a frame costs on this machine: every model by batch and threads, as many at the same time as
// there would be lanes, and decoding. It takes a second or two and everything the processor has.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { PreparedPack } from '../../models/prepared.js';
import { ladderUpTo } from '../scheduling/batch-ladder.js';
import type { Provider } from '../lane-protocol.js';
import { workerFile } from '../worker-file.js';
import type { MachineCosts, ModelCosts, RunCost } from './machine-costs.js';
import type { MeasureReport, MeasureSettings } from './measure-protocol.js';
import { samplePicture } from './sample-picture.js';

export interface MeasureOptions {
  readonly pack: PreparedPack;
  readonly provider: Provider;
  /** How long each point of a curve is measured, ms. */
  readonly eachMs: number;
  readonly signal?: AbortSignal | undefined;
}
type Measured = Extract<MeasureReport, { kind: 'measured' }>;

/** Tops of the curves: a batch gains little on a CPU, and a lot on a GPU. */
const TOP_BATCH = { cpu: 4, gpu: 16 } as const;

/** @throws Error when a model cannot be run, and when the signal says so */
export async function measureCosts({ pack, provider, eachMs, signal }: MeasureOptions): Promise<MachineCosts> {
  const cores = availableParallelism();
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
    signal?.throwIfAborted();
    const measured = await together(lanes, { ...settings, threads });
    const [first] = measured;
    if (first === undefined) throw new Error('nothing was measured');
    if (threads === 1) decoding = { lookMs: mean(measured, (one) => one.lookMs), glanceMs: mean(measured, (one) => one.glanceMs) };
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

/** So many threads that measure at the same time. */
async function together(count: number, settings: MeasureSettings): Promise<Measured[]> {
  const threads = Array.from({ length: count }, () => new MeasuringThread(settings));
  try {
    await Promise.all(threads.map((thread) => thread.ready));
    return await Promise.all(threads.map((thread) => thread.measure()));
  } finally {
    await Promise.all(threads.map((thread) => thread.ended));
  }
}

class MeasuringThread {
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  #measured: (report: Measured) => void = () => undefined;
  #failed: (error: Error) => void = () => undefined;

  constructor(settings: MeasureSettings) {
    this.#worker = new Worker(workerFile('measure-worker', import.meta.url), { workerData: settings });
    this.ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.ready = new Promise((resolve, reject) => {
      this.#failed = reject;
      this.#worker.on('message', (report: MeasureReport) => {
        if (report.kind === 'ready') resolve();
        else if (report.kind === 'measured') this.#measured(report);
        else this.#failed(new Error(report.message));
      });
      this.#worker.on('error', (error) => this.#failed(error));
    });
  }

  measure(): Promise<Measured> {
    return new Promise((resolve, reject) => {
      this.#measured = resolve;
      this.#failed = reject;
      this.#worker.once('exit', () => reject(new Error('a measuring thread ended early')));
      this.#worker.postMessage('begin');
    });
  }
}

function mean<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0) / Math.max(1, items.length);
}
