// What is there at the moment: models loading, ready or draining. Everything that answers clients asks here first.
import type { Cameras } from '../pipeline/cameras/cameras.js';
import type { EventLog } from '../pipeline/events/event-log.js';
import type { Gallery } from '../pipeline/tasks/faces/gallery/gallery.js';
import type { StreamRegistry } from '../pipeline/registry/stream-registry.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { OnlookerError, toOnlookerError } from '../protocol/errors.js';
import { retryAfter } from '../pipeline/scheduling/retry-after.js';
import type { LoadingTime } from './loading-time.js';
import type { ModelLibrary } from './models/model-library.js';

interface Loaded {
  readonly pipeline: Pipeline;
  readonly library: ModelLibrary;
  /** Null where nothing embeds faces. */
  readonly gallery: Gallery | null;
  readonly events: EventLog;
  readonly registry: StreamRegistry;
  readonly cameras: Cameras;
}

export class ServiceState {
  #pipeline: Pipeline | null = null;
  #library: ModelLibrary | null = null;
  #gallery: Gallery | null = null;
  #events: EventLog | null = null;
  #registry: StreamRegistry | null = null;
  #cameras: Cameras | null = null;
  #loading: LoadingTime | null = null;
  /** By `performance.now()`; null while it does not drain. */
  #drainedAtMs: number | null = null;

  get pipeline(): Pipeline | null {
    return this.#pipeline;
  }
  get library(): ModelLibrary | null {
    return this.#library;
  }
  get gallery(): Gallery | null {
    return this.#gallery;
  }
  get events(): EventLog | null {
    return this.#events;
  }
  get registry(): StreamRegistry | null {
    return this.#registry;
  }
  get cameras(): Cameras | null {
    return this.#cameras;
  }
  get draining(): boolean {
    return this.#drainedAtMs !== null;
  }

  loaded({ pipeline, library, gallery, events, registry, cameras }: Loaded): void {
    this.#pipeline = pipeline;
    this.#library = library;
    this.#gallery = gallery;
    this.#events = events;
    this.#registry = registry;
    this.#cameras = cameras;
  }

  /** The models are being loaded. */
  loads(loading: LoadingTime): void {
    this.#loading = loading;
  }

  /** From now on nothing new is taken. @param atMostMs after so long it has ended, whatever is still in hand */
  drain(atMostMs: number): void {
    this.#drainedAtMs = performance.now() + atMostMs;
  }

  /** When what is missing should be there, ms; undefined where that is not known. */
  get readyInMs(): number | undefined {
    if (this.#drainedAtMs !== null) return Math.max(0, this.#drainedAtMs - performance.now());
    return this.#pipeline === null ? this.#loading?.restMs : this.#pipeline.backInMs;
  }

  /** An error as a client is told of it: where it does not say itself when to come again, by what is missing here. */
  told(thrown: unknown): OnlookerError {
    const error = toOnlookerError(thrown);
    const { code, message, details, cause } = error;
    if (error.retryAfterMs !== undefined || (code !== 'DRAINING' && code !== 'MODEL_UNAVAILABLE')) return error;
    const ms = this.readyInMs;
    if (ms === undefined) return error;
    const wait = code === 'DRAINING' ? { retryAfterMs: Math.ceil(ms) } : retryAfter(ms);
    return new OnlookerError(code, message, details, { cause, ...wait });
  }

  /** What keeps the service from taking frames; empty when it is ready. */
  missing(): readonly string[] {
    if (this.draining) return ['draining'];
    return this.#pipeline === null ? ['models'] : this.#pipeline.missing();
  }

  /** @throws OnlookerError DRAINING, or MODEL_UNAVAILABLE while the models load */
  requirePipeline(): Pipeline {
    if (this.draining) throw new OnlookerError('DRAINING');
    if (this.#pipeline === null) throw new OnlookerError('MODEL_UNAVAILABLE', 'The models are still being loaded.');
    return this.#pipeline;
  }

  /** @throws OnlookerError as `requirePipeline` */
  requireEvents(): EventLog {
    this.requirePipeline();
    if (this.#events === null) throw new OnlookerError('INTERNAL');
    return this.#events;
  }

  /** @throws OnlookerError as `requirePipeline` */
  requireLibrary(): ModelLibrary {
    this.requirePipeline();
    if (this.#library === null) throw new OnlookerError('INTERNAL');
    return this.#library;
  }

  /** @throws OnlookerError as `requirePipeline` */
  requireCameras(): Cameras {
    this.requirePipeline();
    if (this.#cameras === null) throw new OnlookerError('INTERNAL');
    return this.#cameras;
  }

  /** @throws OnlookerError as `requirePipeline`, and MODEL_UNAVAILABLE when the pack has no embedder */
  requireGallery(): Gallery {
    this.requirePipeline();
    if (this.#gallery === null)
      throw new OnlookerError('MODEL_UNAVAILABLE', 'No embedder of faces is loaded, so there is no gallery.', undefined, {
        retryAfterMs: Infinity,
      });
    return this.#gallery;
  }
}
