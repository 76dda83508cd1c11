// Puts the service together: configuration → listener → pack → gallery, events → pipeline → cameras, and takes it apart in reverse.
// It listens at once, so that `/health` and `/ready` can tell about a start that takes long.
import { join } from 'node:path';
import type { PreparedPack } from '../models/prepared.js';
import { Cameras } from '../pipeline/cameras/cameras.js';
import { EventLog } from '../pipeline/events/event-log.js';
import { Gallery } from '../pipeline/tasks/faces/gallery/gallery.js';
import { Pipeline } from '../pipeline/pipeline.js';
import type { PipelineOptions } from '../pipeline/pipeline-options.js';
import { StreamRegistry } from '../pipeline/registry/stream-registry.js';
import { isLoopback, listeningName } from './access/host-names.js';
import type { CompatService } from './compat/compat-mode.js';
import type { Config } from './config.js';
import { configReport } from './config-report.js';
import { needDataFolder } from './data-folder.js';
import type { GivenParts } from './given-parts.js';
import { Access } from './access/access.js';
import type { FirstAccess } from './access/first-access.js';
import type { Announced } from './lan/announcement.js';
import { localNames } from './lan/local-names.js';
import { openableAddresses } from './openable-addresses.js';
import { Listener } from './listener.js';
import { LoadingTime } from './loading-time.js';
import { loadPack } from './load-pack.js';
import type { Logger } from './logger.js';
import { Metrics } from './metrics/metrics.js';
import { ModelLibrary } from './models/model-library.js';
import { modelMemoryBytes } from './models/model-memory.js';
import { pipelineOptions } from './pipeline-settings.js';
import { ServiceState } from './service-state.js';
import { StreamFeed } from './stream-feed.js';
import { StreamOwners, type StreamOwner } from './ws/stream-owners.js';
import type { Settings } from './settings.js';
import { StartError } from './start-error.js';
import { ServingCertificate } from './tls/serving-certificate.js';
import { sustained } from './machine-tuning.js';

/** Folders inside of the data folder. */
const GALLERY_FOLDER = 'gallery';
const EVENTS_FOLDER = 'events';
const STREAMS_FOLDER = 'streams';
const OWN_MODELS_FOLDER = 'own-models';
const MODEL_CHOICES_FILE = 'model-choices.json';

interface Parts {
  readonly settings: Settings;
  readonly log: Logger;
  readonly state: ServiceState;
  readonly metrics: Metrics;
  readonly access: Access;
  readonly listener: Listener;
  readonly feed: StreamFeed;
  readonly owners: StreamOwners;
  readonly certificate: ServingCertificate | null;
  readonly compat: CompatService | null;
}

export interface ServiceOptions {
  /** Makes a certificate of its own where none is configured. */
  readonly isLan?: boolean;
  /** Makes a first key where nobody could administer; `firstAccess` tells it, once. */
  readonly makesFirstKey?: boolean;
  /** Another service that it stands in for. */
  readonly compat?: CompatService | null;
}

export class Service {
  readonly #settings: Settings;
  readonly #log: Logger;
  readonly #state: ServiceState;
  readonly #metrics: Metrics;
  readonly #access: Access;
  readonly #listener: Listener;
  readonly #feed: StreamFeed;
  readonly #owners: StreamOwners;
  readonly #certificate: ServingCertificate | null;
  readonly #compat: CompatService | null;
  readonly #givingUp = new AbortController();
  #loading: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;

  private constructor({ settings, log, state, metrics, access, listener, feed, owners, certificate, compat }: Parts) {
    this.#settings = settings;
    this.#log = log;
    this.#state = state;
    this.#metrics = metrics;
    this.#access = access;
    this.#listener = listener;
    this.#feed = feed;
    this.#owners = owners;
    this.#certificate = certificate;
    this.#compat = compat;
  }

  /** Listens; nothing is loaded yet. @throws StartError · ConfigError */
  static async listen(
    config: Config,
    log: Logger,
    given: GivenParts,
    { isLan = false, makesFirstKey = false, compat = null }: ServiceOptions = {},
  ): Promise<Service> {
    const { settings } = config;
    await needDataFolder(settings.dataDir);
    const certificate = await ServingCertificate.prepare(settings, isLan, log);
    const state = new ServiceState();
    const metrics = new Metrics(() => ({
      pipeline: state.pipeline,
      gallery: state.gallery,
      missing: state.missing(),
      creditsPerStream: settings.credits,
      cameras: state.cameras,
      events: state.events,
      certificate: certificate && { notAfterMs: certificate.current.notAfterMs, source: certificate.source },
    }));
    const feed = new StreamFeed();
    const owners = new StreamOwners();
    const scheme = certificate ? 'https' : 'http';
    const access = await Access.open({ settings, scheme, makesFirstKey, metrics, log }).catch(async (error: unknown) => {
      await certificate?.close();
      throw error;
    });
    const told = {
      settings,
      config: configReport(config),
      state,
      metrics,
      log,
      feed,
      owners,
      access,
      given,
      certificate,
      compat,
    };
    const listener = await Listener.start(told).catch(async (error: unknown) => {
      // Nobody has been told it.
      await access.first.takeBack();
      await access.close();
      await certificate?.close();
      throw error;
    });
    certificate?.follow({
      use: (renewed) => listener.replaceCertificate(renewed),
      onReload: (outcome) => metrics.certificateReloaded(outcome),
    });
    const [url = '', ...others] = openableAddresses(scheme, settings.host, listener.port);
    log.info({ url, ...(others.length === 0 ? {} : { others }) }, 'listening');
    return new Service({ settings, log, state, metrics, access, listener, feed, owners, certificate, compat });
  }

  get port(): number {
    return this.#listener.port;
  }

  /** Where whoever sits at this machine opens it. */
  get url(): string {
    const [url = ''] = openableAddresses(this.#certificate ? 'https' : 'http', this.#settings.host, this.port);
    return url;
  }

  /** Whether it serves with files that somebody else renews. */
  get hasCertificateFiles(): boolean {
    return this.#certificate?.source === 'files';
  }

  /** Reads the certificate's files now. Whatever is wrong with them is logged, and what is served stays. */
  async reloadCertificate(): Promise<void> {
    await this.#certificate?.reload();
  }

  /** How the first person gets in. */
  get firstAccess(): FirstAccess {
    return this.#access.first;
  }

  /** Where it is on this machine's networks. */
  get announced(): Announced {
    const lan = this.#certificate?.lan?.certificate;
    const { basePath } = this.#settings;
    return { port: this.port, basePath, names: lan?.names ?? localNames(), fingerprint: lan?.fingerprint ?? null };
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
    const loading = new LoadingTime();
    this.#state.loads(loading);
    const pack = await this.#unlessGivenUp(
      loadPack(this.#settings, this.#log, this.#givingUp.signal, loading, { mayLackAttributes: this.#compat !== null }),
    );
    // What was opened, to be closed again in reverse.
    const opened: { close(): Promise<void> }[] = [];
    const keep = <T extends { close(): Promise<void> } | null>(part: T): T => {
      if (part !== null) opened.unshift(part);
      return part;
    };
    try {
      const gallery = keep(await this.#openGallery(pack));
      const events = keep(await this.#openEvents());
      // Without a gallery nobody knows who is still in it.
      if (gallery !== null) await events.reconcilePeople((id) => gallery.has(id));
      const registry = keep(await this.#openRegistry());
      const library = keep(await this.#openLibrary());
      const pipeline = keep(await Pipeline.start(this.#pipelineOptions(pack, gallery, library)));
      if (pipeline.served !== null) await library.start(pipeline.served);
      const cameras = this.#startCameras(registry, pipeline, events);
      this.#state.loaded({ pipeline, library, gallery, events, registry, cameras });
      const { provider, models, tuning } = pipeline;
      const ids = models.map(({ id }) => id);
      this.#log.info({ url: this.url, provider, models: ids, ms: Math.round(performance.now() - startMs) }, 'ready');
      if (tuning !== null) this.#log.info(sustained(tuning), 'what this machine sustains');
    } catch (error) {
      for (const part of opened) await part.close();
      throw error;
    }
  }

  #pipelineOptions(pack: PreparedPack | null, gallery: Gallery | null, catalogue: ModelLibrary): PipelineOptions {
    const { modelsDir, tuneAtStart: measure, classMinimum, modelMemory } = this.#settings;
    return {
      ...pipelineOptions(this.#settings, pack),
      gallery,
      served: { catalogue, memoryBytes: modelMemoryBytes(modelMemory), classMinimum },
      tuner: { modelsDir, measure, signal: this.#givingUp.signal },
      observer: this.#metrics,
      log: this.#log,
    };
  }

  #startCameras(registry: StreamRegistry, pipeline: Pipeline, events: EventLog): Cameras {
    const { cameraMaxPixels: maxPixels, mediaDir, tracking, allowedSources, host, allowedHosts, trustedProxies } = this.#settings;
    // Whoever asks from this very machine reaches its services by himself; through a proxy anybody may ask.
    const servesOthers = !isLoopback(listeningName(host)) || allowedHosts.length > 0 || !trustedProxies.isEmpty;
    const owner: StreamOwner = { principal: null, takenOver: () => undefined };
    return Cameras.start({
      registry,
      pipeline,
      rules: {
        mediaDir,
        ownPort: this.#listener.port,
        allowed: allowedSources,
        servesOthers: () => servesOthers,
      },
      limits: { maxPixels },
      tracking,
      onEvents: (told) => events.offer(told),
      onResult: (stream, { seq, ts, outcome }) => this.#feed.publish({ t: 'result', stream, seq, ts, ...outcome }),
      onClaim: (stream) => this.#owners.claim(stream, owner),
      onRelease: (stream) => this.#owners.release(stream, owner),
      log: this.#log,
    });
  }

  #openEvents(): Promise<EventLog> {
    const { dataDir, eventDays: maxDays, eventCount: maxEvents } = this.#settings;
    return EventLog.open({ dir: join(dataDir, EVENTS_FOLDER), maxDays, maxEvents, log: this.#log });
  }

  #openLibrary(): Promise<ModelLibrary> {
    const { dataDir, modelDir, modelsDir: cacheDir, modelPollS, offline } = this.#settings;
    return ModelLibrary.open({
      modelDir,
      given: this.#compat?.given ?? undefined,
      ownDir: join(dataDir, OWN_MODELS_FOLDER),
      offline,
      choicesPath: join(dataDir, MODEL_CHOICES_FILE),
      cacheDir,
      pollMs: modelPollS * 1000,
      log: this.#log,
      signal: this.#givingUp.signal,
    });
  }

  #openRegistry(): Promise<StreamRegistry> {
    const { dataDir, maxRegisteredStreams: maxStreams } = this.#settings;
    return StreamRegistry.open({ dir: join(dataDir, STREAMS_FOLDER), maxStreams, log: this.#log });
  }

  /** Fetching may hang on a silent server long after it was told to stop; what it leaves in the cache is taken up next time. */
  #unlessGivenUp<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#givingUp;
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new StartError('the start was given up')), { once: true });
      work.then(resolve, reject);
    });
  }

  async #openGallery(pack: PreparedPack | null): Promise<Gallery | null> {
    if (pack?.embedder === undefined) return null;
    const { id, sha256, dim } = pack.embedder;
    const { dataDir, facePictures: pictures, galleryMb } = this.#settings;
    const [dir, maxBytes] = [join(dataDir, GALLERY_FOLDER), galleryMb * 2 ** 20];
    return Gallery.open({ dir, model: { id, sha256, dim }, maxBytes, pictures, log: this.#log });
  }

  async #stop(): Promise<void> {
    this.#state.drain(this.#settings.drainTimeoutMs);
    this.#givingUp.abort();
    await this.#loading.catch(() => undefined);
    const { pipeline, library, gallery, events, registry, cameras } = this.#state;
    await Promise.all([this.#listener.drain(), cameras?.close()]);
    this.#listener.close();
    let failure: unknown;
    for (const part of [this.#access, this.#certificate, library, pipeline, registry, events, gallery]) {
      try {
        await part?.close();
      } catch (error) {
        // What cannot be closed keeps nothing else open.
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure as Error;
  }
}
