// People who look alike, asked for now and then and found by a thread of its own: one look at a time, kept until the gallery
// changes. The main thread does nothing but wait.
import { Worker } from 'node:worker_threads';
import { OnlookerError } from '../../../../protocol/errors.js';
import { SerialQueue } from '../../../store/serial-queue.js';
import { workerFile } from '../../../threads/worker-file.js';
import type { Gallery } from './gallery.js';
import type { FoundLookalikes, LookalikeJob } from './lookalike-search.js';

export interface LookalikesOptions {
  /** Least cosine of two people's most similar faces. */
  readonly level: number;
  readonly maxProbes?: number;
  readonly budgetMs?: number;
}
export interface VersionedLookalikes extends FoundLookalikes {
  readonly galleryVersion: number;
}

/** More are no help to anybody. */
const MAX_PAIRS = 1000;
const MAX_PROBES = 50_000;
/** Well below the time that clients wait for an answer. */
const BUDGET_MS = 15_000;

export class Lookalikes {
  readonly #runs = new SerialQueue();
  readonly #stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  #latest: VersionedLookalikes | undefined;
  /** A look that has not begun: whoever asks now is answered by it. */
  #waiting: Promise<VersionedLookalikes> | undefined;
  #isClosed = false;

  constructor(
    private readonly gallery: Gallery,
    private readonly options: LookalikesOptions,
  ) {}

  get level(): number {
    return this.options.level;
  }

  /** Owner indices of the gallery. @throws OnlookerError DRAINING */
  find(): Promise<VersionedLookalikes> {
    const latest = this.#fresh();
    if (latest !== undefined) return Promise.resolve(latest);
    this.#waiting ??= this.#runs.run(async () => {
      this.#waiting = undefined;
      return this.#fresh() ?? (this.#latest = await this.#look());
    });
    return this.#waiting;
  }

  /** Ends the look that is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const stop = new Int32Array(this.#stop);
    Atomics.store(stop, 0, 1);
    Atomics.notify(stop, 0);
    await this.#runs.idle();
  }

  #fresh(): VersionedLookalikes | undefined {
    return this.#latest?.galleryVersion === this.gallery.version ? this.#latest : undefined;
  }

  async #look(): Promise<VersionedLookalikes> {
    if (this.#isClosed) throw new OnlookerError('DRAINING');
    const galleryVersion = this.gallery.version;
    const { level, maxProbes = MAX_PROBES, budgetMs = BUDGET_MS } = this.options;
    const job: LookalikeJob = {
      snapshot: this.gallery.snapshot,
      level,
      maxPairs: MAX_PAIRS,
      maxProbes,
      budgetMs,
      stop: this.#stop,
    };
    const found = await new Promise<FoundLookalikes>((resolve, reject) => {
      let told: FoundLookalikes | undefined;
      const worker = new Worker(workerFile('lookalikes-worker', import.meta.url), { workerData: job });
      worker.once('message', (message: FoundLookalikes) => (told = message));
      worker.once('error', reject);
      // Its thread is over by then, and nothing of it left.
      worker.once('exit', (code) =>
        told === undefined ? reject(new Error(`the thread ended with code ${code}`)) : resolve(told),
      );
    });
    return { ...found, galleryVersion };
  }
}
