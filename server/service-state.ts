// What is there at the moment: models loading, ready or draining. Everything that answers clients asks here first.
import type { Cameras } from '../pipeline/cameras/cameras.js';
import type { EventLog } from '../pipeline/events/event-log.js';
import type { Gallery } from '../pipeline/gallery/gallery.js';
import type { StreamRegistry } from '../pipeline/registry/stream-registry.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { OnlookerError } from '../protocol/errors.js';

interface Loaded {
  readonly pipeline: Pipeline;
  /** Null for a pack that cannot embed. */
  readonly gallery: Gallery | null;
  readonly events: EventLog;
  readonly registry: StreamRegistry;
  readonly cameras: Cameras;
}

export class ServiceState {
  #pipeline: Pipeline | null = null;
  #gallery: Gallery | null = null;
  #events: EventLog | null = null;
  #registry: StreamRegistry | null = null;
  #cameras: Cameras | null = null;
  #draining = false;

  get pipeline(): Pipeline | null {
    return this.#pipeline;
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
    return this.#draining;
  }

  loaded({ pipeline, gallery, events, registry, cameras }: Loaded): void {
    this.#pipeline = pipeline;
    this.#gallery = gallery;
    this.#events = events;
    this.#registry = registry;
    this.#cameras = cameras;
  }

  /** From now on nothing new is taken. */
  drain(): void {
    this.#draining = true;
  }

  /** What keeps the service from taking frames; empty when it is ready. */
  missing(): readonly string[] {
    if (this.#draining) return ['draining'];
    return this.#pipeline === null ? ['models'] : this.#pipeline.missing();
  }

  /** @throws OnlookerError DRAINING, or MODEL_UNAVAILABLE while the models load */
  requirePipeline(): Pipeline {
    if (this.#draining) throw new OnlookerError('DRAINING');
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
  requireCameras(): Cameras {
    this.requirePipeline();
    if (this.#cameras === null) throw new OnlookerError('INTERNAL');
    return this.#cameras;
  }

  /** @throws OnlookerError as `requirePipeline`, and MODEL_UNAVAILABLE when the pack has no embedder */
  requireGallery(): Gallery {
    this.requirePipeline();
    if (this.#gallery === null)
      throw new OnlookerError('MODEL_UNAVAILABLE', 'The loaded pack has no embedder, so there is no gallery.');
    return this.#gallery;
  }
}
