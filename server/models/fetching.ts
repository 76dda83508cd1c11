// Versions that are being fetched from elsewhere, one after another: how far they have come, and why they did not.
import { fetchModel } from '../../models/served/fetch-model.js';
import type { ModelEntry } from '../../models/served/model-entry.js';
import type { ServedFiles } from '../../models/served/model-folders.js';
import { reasonOf } from '../../models/model-error.js';
import { SerialQueue } from '../../pipeline/store/serial-queue.js';
import { OnlookerError } from '../../protocol/errors.js';
import type { Logger } from '../logger.js';

export interface Fetched {
  readonly name: string;
  readonly version: string;
  readonly state: 'fetching' | 'failed';
  readonly receivedBytes: number;
  readonly reason?: string;
}

export interface FetchingOptions {
  readonly cacheDir: string;
  readonly offline: boolean;
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Takes what has come, whole. */
  readonly onFetched: (files: ServedFiles) => Promise<void>;
}

const MOST_WAITING = 16;
/** Of those that failed so many are told. */
const MOST_TOLD = 100;

export class Fetching {
  readonly #options: FetchingOptions;
  readonly #jobs = new Map<string, Fetched>();
  readonly #turns = new SerialQueue();

  constructor(options: FetchingOptions) {
    this.#options = options;
  }

  get all(): readonly Fetched[] {
    return [...this.#jobs.values()];
  }

  /** @throws OnlookerError CONFLICT where it is being fetched, OVERLOADED where many are */
  begin(entry: ModelEntry): void {
    const { name, version } = entry;
    const id = `${name}@${version}`;
    if (this.#jobs.get(id)?.state === 'fetching') throw new OnlookerError('CONFLICT', `${id} is being fetched already.`);
    if (this.all.filter(({ state }) => state === 'fetching').length >= MOST_WAITING) {
      throw new OnlookerError('OVERLOADED', `${MOST_WAITING} models are being fetched already.`);
    }
    this.#jobs.delete(id);
    this.#jobs.set(id, { name, version, state: 'fetching', receivedBytes: 0 });
    void this.#turns.run(() => this.#fetch(id, entry));
  }

  /** Settles when nothing is being fetched: what was not whole when the service was told to stop is gone on with another time. */
  close(): Promise<void> {
    return this.#turns.idle();
  }

  async #fetch(id: string, entry: ModelEntry): Promise<void> {
    const { cacheDir, offline, signal, log, onFetched } = this.#options;
    const { name, version } = entry;
    try {
      const received = new Map<string, number>();
      const files = await fetchModel(entry, {
        cacheDir,
        offline,
        signal,
        onWarning: (line) => log.warn(line),
        onProgress: ({ file, receivedBytes }) => {
          received.set(file, receivedBytes);
          const all = [...received.values()].reduce((sum, bytes) => sum + bytes, 0);
          this.#jobs.set(id, { name, version, state: 'fetching', receivedBytes: all });
        },
      });
      await onFetched(files);
      this.#jobs.delete(id);
      log.info({ model: id }, 'a model was fetched');
    } catch (error) {
      if (signal.aborted) return;
      const reason = reasonOf(error);
      log.error(`the model ${id} could not be fetched: ${reason}`);
      this.#jobs.set(id, { name, version, state: 'failed', receivedBytes: 0, reason });
      const failed = this.all.filter(({ state }) => state === 'failed');
      for (const old of failed.slice(0, Math.max(0, failed.length - MOST_TOLD))) this.#jobs.delete(`${old.name}@${old.version}`);
    }
  }
}
