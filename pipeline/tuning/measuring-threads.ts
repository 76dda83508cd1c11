// The threads that measure side by side, where lanes would run.
import '../../models/library-environment.js';
import { Worker } from 'node:worker_threads';
import { workerFile } from '../threads/worker-file.js';
import type { MeasureCommand, MeasureReport, MeasureSettings } from './measure-protocol.js';

export type Measured = Extract<MeasureReport, { kind: 'measured' }>;

/**
 * So many threads that measure at the same time.
 * @throws Error of the first that fails; the others are told to close, and not waited for: they may be inside of native code
 */
export async function together(count: number, settings: MeasureSettings): Promise<Measured[]> {
  const threads = Array.from({ length: count }, () => new MeasuringThread(settings));
  try {
    await Promise.all(threads.map((thread) => thread.ready));
    for (const thread of threads) thread.tell('begin');
    const measured = await Promise.all(threads.map((thread) => thread.measured));
    // Who measures next has the processor to itself.
    await Promise.all(threads.map((thread) => thread.ended));
    return measured;
  } catch (error) {
    for (const thread of threads) thread.tell('close');
    throw error;
  }
}

class MeasuringThread {
  /** Rejects as `measured` does. */
  readonly ready: Promise<unknown>;
  /** Rejects when the thread fails at any time, also between being ready and being told to begin, or ends without a word. */
  readonly measured: Promise<Measured>;
  readonly ended: Promise<void>;
  readonly #worker: Worker;

  constructor(settings: MeasureSettings) {
    const worker = new Worker(workerFile('measure-worker', import.meta.url), { workerData: settings });
    this.#worker = worker;
    this.ended = new Promise((resolve) => worker.once('exit', () => resolve()));
    this.measured = new Promise((resolve, reject) => {
      worker.on('message', (report: MeasureReport) => {
        if (report.kind === 'measured') resolve(report);
        else if (report.kind === 'failed') reject(new Error(report.message));
      });
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('a measuring thread ended early')));
    });
    const isReady = new Promise<void>((resolve) => {
      worker.on('message', ({ kind }: MeasureReport) => {
        if (kind === 'ready') resolve();
      });
    });
    this.ready = Promise.race([isReady, this.measured]);
  }

  tell(command: MeasureCommand): void {
    this.#worker.postMessage(command);
  }
}
