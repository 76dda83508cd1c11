// Puts the service together: configuration → listener → pack → gallery → pipeline, and takes it apart in reverse.
// It listens at once, so that `/health` and `/ready` can tell about a start that takes long.
import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PreparedPack } from '../models/prepared.js';
import { Gallery } from '../pipeline/gallery/gallery.js';
import { Pipeline } from '../pipeline/pipeline.js';
import { Listener } from './listener.js';
import { loadPack } from './load-pack.js';
import type { Logger } from './logger.js';
import { Metrics } from './metrics/metrics.js';
import { ServiceState } from './service-state.js';
import type { Settings } from './settings.js';
import { StartError } from './start-error.js';

/** The gallery's folder inside of the data folder. */
const GALLERY_FOLDER = 'gallery';

export class Service {
  readonly #settings: Settings;
  readonly #log: Logger;
  readonly #state: ServiceState;
  readonly #metrics: Metrics;
  readonly #listener: Listener;
  readonly #givingUp = new AbortController();
  #loading: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;

  private constructor(settings: Settings, log: Logger, state: ServiceState, metrics: Metrics, listener: Listener) {
    this.#settings = settings;
    this.#log = log;
    this.#state = state;
    this.#metrics = metrics;
    this.#listener = listener;
  }

  /** Listens; nothing is loaded yet. @throws StartError */
  static async listen(settings: Settings, log: Logger): Promise<Service> {
    await assertUsable(settings.dataDir);
    const state = new ServiceState();
    const metrics = new Metrics(() => ({
      pipeline: state.pipeline,
      gallery: state.gallery,
      missing: state.missing(),
      creditsPerStream: settings.credits,
    }));
    const listener = await Listener.start({ settings, state, metrics, log });
    log.info({ url: `http://${settings.host}:${listener.port}` }, 'listening');
    return new Service(settings, log, state, metrics, listener);
  }

  get port(): number {
    return this.#listener.port;
  }

  /** Fetches what is missing, loads it and warms it up; then the service is ready. @throws Error that says what cannot be loaded */
  async load(): Promise<void> {
    this.#loading = this.#load();
    await this.#loading;
  }

  /** Drains as the contract says and closes everything. Safe to call again: there is one shutdown. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #load(): Promise<void> {
    const startMs = performance.now();
    const pack = await this.#unlessGivenUp(loadPack(this.#settings, this.#log, this.#givingUp.signal));
    const gallery = await this.#openGallery(pack);
    try {
      const pipeline = await Pipeline.start(pipelineOptions(this.#settings, pack, gallery, this.#metrics, this.#log));
      this.#state.loaded(pipeline, gallery);
      const { provider, models } = pipeline;
      const ids = models.map(({ id }) => id);
      this.#log.info({ provider, models: ids, ms: Math.round(performance.now() - startMs) }, 'ready');
    } catch (error) {
      await gallery?.close();
      throw error;
    }
  }

  /** Fetching may hang on a silent server long after it was told to stop; what it leaves in the cache is taken up next time. */
  #unlessGivenUp<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#givingUp;
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new StartError('the start was given up')), { once: true });
      work.then(resolve, reject);
    });
  }

  async #openGallery({ embedder }: PreparedPack): Promise<Gallery | null> {
    if (embedder === undefined) return null;
    const { id, sha256, dim } = embedder;
    return Gallery.open({ dir: join(this.#settings.dataDir, GALLERY_FOLDER), model: { id, sha256, dim }, log: this.#log });
  }

  async #stop(): Promise<void> {
    this.#state.drain();
    this.#givingUp.abort();
    await this.#loading.catch(() => undefined);
    await this.#listener.drain();
    this.#listener.close();
    await this.#state.pipeline?.close();
    await this.#state.gallery?.close();
  }
}

async function assertUsable(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.R_OK | constants.W_OK);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new StartError(`the data folder ${dataDir} cannot be written (${reason}); ONLOOKER_DATA_DIR names another`, {
      cause: error,
    });
  }
}

function pipelineOptions(settings: Settings, pack: PreparedPack, gallery: Gallery | null, metrics: Metrics, log: Logger) {
  const { matchThreshold: match, matchMargin: margin } = settings;
  return {
    pack,
    gallery,
    provider: settings.provider,
    lanes: settings.lanes,
    preprocessWorkers: settings.preprocessWorkers,
    maxBatch: settings.maxBatch,
    credits: settings.credits,
    deadlineMs: settings.deadlineMs,
    maxFrameBytes: settings.maxFrameBytes,
    maxPixels: settings.maxPixels,
    maxWaitingBytes: settings.maxWaitingBytes,
    maxWaitingRequests: settings.maxWaitingRequests,
    thresholds: { ...(match === undefined ? {} : { match }), ...(margin === undefined ? {} : { margin }) },
    quality: {
      minFacePx: settings.enrolMinFacePx,
      minSharpness: settings.enrolMinSharpness,
      maxYawDegrees: settings.enrolMaxYaw,
      maxPitchDegrees: settings.enrolMaxPitch,
      minScore: settings.enrolMinScore,
    },
    observer: metrics,
    log,
  };
}
