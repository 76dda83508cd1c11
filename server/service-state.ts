// What is there at the moment: models loading, ready or draining. Everything that answers clients asks here first.
import type { Gallery } from '../pipeline/gallery/gallery.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { OnlookerError } from '../protocol/errors.js';

export class ServiceState {
  #pipeline: Pipeline | null = null;
  #gallery: Gallery | null = null;
  #draining = false;

  get pipeline(): Pipeline | null {
    return this.#pipeline;
  }
  get gallery(): Gallery | null {
    return this.#gallery;
  }
  get draining(): boolean {
    return this.#draining;
  }

  /** @param gallery null for a pack that cannot embed */
  loaded(pipeline: Pipeline, gallery: Gallery | null): void {
    this.#pipeline = pipeline;
    this.#gallery = gallery;
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

  /** @throws OnlookerError as `requirePipeline`, and MODEL_UNAVAILABLE when the pack has no embedder */
  requireGallery(): Gallery {
    this.requirePipeline();
    if (this.#gallery === null)
      throw new OnlookerError('MODEL_UNAVAILABLE', 'The loaded pack has no embedder, so there is no gallery.');
    return this.#gallery;
  }
}
