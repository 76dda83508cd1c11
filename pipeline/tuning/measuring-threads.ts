// The threads that measure side by side, where lanes would run.
import { Worker } from 'node:worker_threads';
import { workerFile } from '../worker-file.js';
import type { MeasureReport, MeasureSettings } from './measure-protocol.js';

export type Measured = Extract<MeasureReport, { kind: 'measured' }>;

/** So many threads that measure at the same time. */
export async function together(count: number, settings: MeasureSettings): Promise<Measured[]> {
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
