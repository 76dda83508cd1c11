// The main thread's handle of an inference lane: starts its thread, hands it one job at a time, and starts it anew
// should it die. Never terminates a thread that is inside the runtime.
import '../../models/library-environment.js';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { GallerySnapshot } from '../tasks/faces/gallery/gallery.js';
import type {
  BatchRun,
  DetectItem,
  FaceAnswer,
  FaceItem,
  FoundFace,
  LaneCommand,
  LaneReady,
  LaneReport,
  LaneSettings,
} from './lane-protocol.js';
import type { PipelineLog } from '../pipeline-log.js';
import { CALCULATING_THREAD } from '../threads/thread-limits.js';
import { workerFile } from '../threads/worker-file.js';

export interface LaneCost {
  readonly inferMs: number;
  readonly matchMs: number;
  readonly batches: readonly BatchRun[];
}

/** The lane's thread died or could not do the job. */
export class LaneError extends Error {
  override readonly name = 'LaneError';
}

interface Pending {
  resolve(report: LaneReport): void;
  reject(error: LaneError): void;
}

const RESTART_DELAY_MS = 500;

export class Lane {
  readonly #settings: LaneSettings;
  readonly #log: PipelineLog;
  /** Told when the lane may be given a job again after it had died. */
  readonly #onBack: () => void;
  #gallery: GallerySnapshot | null;
  #worker: Worker | null = null;
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
    this.#gallery = settings.gallery;
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

  /** The faces of each frame. @throws LaneError */
  async detect(items: readonly DetectItem[]): Promise<{ frames: readonly (readonly FoundFace[])[] } & LaneCost> {
    const report = await this.#do({ kind: 'detect', id: this.#nextJob++, items });
    if (report.kind !== 'detected') throw new LaneError(`unexpected answer ${report.kind}`);
    return report;
  }

  /** What is wanted of each face, in their order. @throws LaneError */
  async describe(items: readonly FaceItem[]): Promise<{ answers: readonly FaceAnswer[] } & LaneCost> {
    const report = await this.#do({ kind: 'faces', id: this.#nextJob++, items });
    if (report.kind !== 'faces') throw new LaneError(`unexpected answer ${report.kind}`);
    return report;
  }

  /** Jobs given after this call search the new snapshot. */
  useGallery(snapshot: GallerySnapshot): void {
    this.#gallery = snapshot;
    this.#worker?.postMessage({ kind: 'gallery', snapshot } satisfies LaneCommand);
  }

  /** Finishes the job in hand, then ends the thread. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    this.#worker?.postMessage({ kind: 'close' } satisfies LaneCommand);
    await this.#exited;
  }

  #do(job: Extract<LaneCommand, { id: number }>): Promise<LaneReport> {
    const worker = this.#worker;
    if (worker === null || this.#closing) return Promise.reject(new LaneError('the lane is not running'));
    return new Promise((resolve, reject) => {
      this.#pending.set(job.id, { resolve, reject });
      worker.postMessage(job);
    });
  }

  async #startThread(): Promise<LaneReady> {
    this.#startsAtMs = performance.now();
    const workerData: LaneSettings = { ...this.#settings, gallery: this.#gallery };
    const worker = new Worker(workerFile('lane-worker', import.meta.url), { workerData, resourceLimits: CALCULATING_THREAD });
    this.#exited = once(worker, 'exit').catch(() => undefined);
    return new Promise((resolve, reject) => {
      worker.on('message', (report: LaneReport) => {
        if (report.kind === 'ready') {
          this.#worker = worker;
          this.#startTookMs = performance.now() - this.#startsAtMs;
          // It was told of another gallery while its thread was starting.
          if (this.#gallery !== null && this.#gallery !== workerData.gallery) this.useGallery(this.#gallery);
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
