// The threads that decode frames of one size, and how many of those may be inside at once. Large ones have their own,
// so that a frame of a camera never waits for a photo that takes a second.
import { Piscina } from 'piscina';
import { OnlookerError } from '../../protocol/errors.js';
import type { ImageProblem } from '../images/decode-image.js';
import type { Preprocessed, PreprocessTask, PreprocessThread } from './preprocess-worker.js';
import { CALCULATING_THREAD } from '../threads/thread-limits.js';
import { workerFile } from '../threads/worker-file.js';

export interface DecodePoolSettings {
  /** Threads that are there from the beginning. */
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** Frames that may be inside at once. */
  readonly places: number;
  /** Of its threads. */
  readonly nice: number;
}

/** A thread beyond the least is kept for so long. */
const IDLE_MS = 60_000;
/** A thread has loaded its libraries by then, on any machine. */
const LOADING_MS = 10_000;

export class DecodePool {
  readonly #settings: DecodePoolSettings;
  readonly #workers: Piscina<PreprocessTask, Preprocessed | ImageProblem>;
  /** Threads that were made, and those that have loaded all they need. */
  #made = 0;
  #loaded = 0;
  #onLoaded: () => void = () => undefined;
  #decoding = 0;
  readonly #inside = { proven: 0, unproven: 0 };

  constructor(settings: DecodePoolSettings) {
    this.#settings = settings;
    const workerData: PreprocessThread = { nice: settings.nice };
    this.#workers = new Piscina({
      filename: workerFile('preprocess-worker', import.meta.url).href,
      minThreads: settings.minWorkers,
      maxThreads: settings.maxWorkers,
      idleTimeout: IDLE_MS,
      // Waiting on Atomics would keep a worker's event loop, and with it sharp's answers, from turning.
      atomics: 'disabled',
      resourceLimits: CALCULATING_THREAD,
      workerData,
    });
    this.#workers.on('workerCreate', () => this.#made++);
    // Each says so once, and nothing else.
    this.#workers.on('message', () => {
      this.#loaded++;
      this.#onLoaded();
    });
  }

  /**
   * Whether a frame that comes now would be decoded now. Those of which nobody knows what they cost leave a place to others,
   * however many they are: they may keep theirs for long.
   */
  hasRoom(isUnproven: boolean): boolean {
    const { maxWorkers, places } = this.#settings;
    const { proven, unproven } = this.#inside;
    if (this.#decoding === maxWorkers || proven + unproven === places) return false;
    return !isUnproven || unproven < Math.max(1, places - 1);
  }

  get decoding(): number {
    return this.#decoding;
  }

  /** A frame comes in. @returns to be called when it leaves */
  enter(isUnproven: boolean): () => void {
    const kind = isUnproven ? 'unproven' : 'proven';
    this.#inside[kind]++;
    return () => this.#inside[kind]--;
  }

  /** @throws OnlookerError BAD_IMAGE, UNSUPPORTED_MEDIA, TOO_MANY_PIXELS */
  async decode(task: PreprocessTask): Promise<Preprocessed> {
    const done = await this.hold(() => this.#workers.run(task));
    if ('code' in done) throw new OnlookerError(done.code, done.message);
    return done;
  }

  /** While it is done nothing is decoded in its place. */
  async hold<T>(job: () => Promise<T>): Promise<T> {
    this.#decoding++;
    try {
      return await job();
    } finally {
      this.#decoding--;
    }
  }

  /** Only ever idle workers are ended: a thread that is ended while it decodes, or loads a native library, aborts the process. */
  async close(): Promise<void> {
    await this.#allLoaded();
    await this.#workers.close();
  }

  /** Not for ever: one that could not be loaded never says so. */
  async #allLoaded(): Promise<void> {
    // Those that are there from the beginning are counted in the turn after it.
    await Promise.resolve();
    if (this.#loaded >= this.#made) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOADING_MS);
      this.#onLoaded = () => {
        if (this.#loaded < this.#made) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
