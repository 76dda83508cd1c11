// The main thread's handle of an inference lane: starts its thread, hands it one job at a time, and starts it anew
// should it die. Never terminates a thread that is inside the runtime.
import '../../models/library-environment.js';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type {
  LaneCommand,
  LaneDone,
  LaneJob,
  LaneReady,
  LaneReport,
  LaneStart,
  LaneTaskStart,
  LaneRuntime,
} from './lane-protocol.js';
import type { Stage } from './stage.js';
import type { PipelineLog } from '../pipeline-log.js';
import { CALCULATING_THREAD } from '../threads/thread-limits.js';
import { workerFile } from '../threads/worker-file.js';

/** A task as lanes open it. */
export interface LaneTaskSource extends Omit<LaneTaskStart, 'settings'> {
  /** Those of now: asked each time a thread starts. */
  readonly settings: () => unknown;
}
export interface LaneSettings extends LaneRuntime {
  readonly tasks: readonly LaneTaskSource[];
}

/** The lane's thread died or could not do the job. */
export class LaneError extends Error {
  override readonly name = 'LaneError';
}

interface Pending {
  resolve(done: LaneDone): void;
  reject(error: LaneError): void;
}

const RESTART_DELAY_MS = 500;

export class Lane {
  readonly #settings: LaneSettings;
  readonly #log: PipelineLog;
  /** Told when the lane may be given a job again after it had died. */
  readonly #onBack: () => void;
  /** Ready to work. */
  #worker: Worker | null = null;
  /** Also while it starts. */
  #thread: Worker | null = null;
  #pending = new Map<number, Pending>();
  #nextJob = 0;
  #closing = false;
  #restart: NodeJS.Timeout | null = null;
  #exited: Promise<unknown> = Promise.resolve();
  /** When it last began to start, or is to, by `performance.now()`. */
  #startsAtMs = performance.now();
  #startTookMs = 0;

  private constructor(settings: LaneSettings, log: PipelineLog, onBack: () => void) {
    this.#settings = settings;
    this.#log = log;
    this.#onBack = onBack;
  }

  /** @throws LaneError when the provider does not start or a model cannot be loaded */
  static async start(settings: LaneSettings, log: PipelineLog, onBack: () => void): Promise<{ lane: Lane; ready: LaneReady }> {
    const lane = new Lane(settings, log, onBack);
    return { lane, ready: await lane.#startThread() };
  }

  /** Alive and without a job. */
  get idle(): boolean {
    return this.#worker !== null && this.#pending.size === 0 && !this.#closing;
  }

  get alive(): boolean {
    return this.#worker !== null;
  }

  /** How long it should take to be back, ms: the pause before it starts, and as long as it took before. 0 while it is alive. */
  get backInMs(): number {
    return this.alive ? 0 : Math.max(0, this.#startsAtMs + this.#startTookMs - performance.now());
  }

  /** Does a batch of one stage. @returns an answer for each item, in their order, and what it cost @throws LaneError */
  run({ task, name }: Pick<Stage, 'task' | 'name'>, items: readonly unknown[]): Promise<LaneDone> {
    const worker = this.#worker;
    if (worker === null || this.#closing) return Promise.reject(new LaneError('the lane is not running'));
    const job: LaneJob = { kind: 'run', id: this.#nextJob++, task, stage: name, items };
    return new Promise((resolve, reject) => {
      this.#pending.set(job.id, { resolve, reject });
      worker.postMessage(job);
    });
  }

  /** Jobs given after this call know of it. A thread that starts later has it from its task's settings. */
  tell(task: string, message: unknown): void {
    // Until it is ready a thread reads nothing, and then everything in order.
    this.#thread?.postMessage({ kind: 'tell', task, message } satisfies LaneCommand);
  }

  /** Finishes the job in hand, then ends the thread. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    this.#worker?.postMessage({ kind: 'close' } satisfies LaneCommand);
    await this.#exited;
  }

  async #startThread(): Promise<LaneReady> {
    this.#startsAtMs = performance.now();
    const tasks = this.#settings.tasks.map(({ name, module, settings }) => ({ name, module, settings: settings() }));
    const workerData: LaneStart = { ...this.#settings, tasks };
    const worker = new Worker(workerFile('lane-worker', import.meta.url), { workerData, resourceLimits: CALCULATING_THREAD });
    this.#thread = worker;
    this.#exited = once(worker, 'exit').catch(() => undefined);
    return new Promise((resolve, reject) => {
      worker.on('message', (report: LaneReport) => {
        if (report.kind === 'ready') {
          this.#worker = worker;
          this.#startTookMs = performance.now() - this.#startsAtMs;
          // It was closed while its thread was starting.
          if (this.#closing) worker.postMessage({ kind: 'close' } satisfies LaneCommand);
          resolve(report);
        } else if (report.kind === 'start-failed') {
          reject(new LaneError(report.message));
        } else {
          this.#settle(report);
        }
      });
      worker.on('error', (error) => {
        this.#log.error({ err: error }, 'an inference lane failed');
        reject(new LaneError('the lane failed while starting', { cause: error }));
      });
      worker.on('exit', () => {
        reject(new LaneError('the lane ended while starting'));
        this.#thread = null;
        if (this.#worker === worker) this.#died();
      });
    });
  }

  #settle(report: Exclude<LaneReport, { kind: 'ready' | 'start-failed' }>): void {
    const pending = this.#pending.get(report.id);
    this.#pending.delete(report.id);
    if (report.kind === 'job-failed') pending?.reject(new LaneError(report.message));
    else pending?.resolve(report);
  }

  #died(): void {
    this.#worker = null;
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    for (const pending of lost) pending.reject(new LaneError('the lane ended in the middle of a job'));
    if (!this.#closing) this.#startAgain();
  }

  #startAgain(): void {
    this.#startsAtMs = performance.now() + RESTART_DELAY_MS;
    this.#restart = setTimeout(() => {
      this.#restart = null;
      this.#startThread().then(
        () => this.#onBack(),
        (error: unknown) => {
          this.#log.error({ err: error }, 'an inference lane does not start again');
          if (!this.#closing) this.#startAgain();
        },
      );
    }, RESTART_DELAY_MS);
  }
}
