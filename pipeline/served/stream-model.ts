// The model of one stream: always the version that answers now, so that another takes over between two frames.
import type { ServedModel } from '../../models/served/served-model.js';
import type { OnlookerError } from '../../protocol/errors.js';
import { noModel } from '../lanes/no-model-error.js';
import type { ModelAsked, OpenModels } from './open-models.js';

export class StreamModel {
  readonly #models: OpenModels;
  readonly #asked: ModelAsked;
  readonly #stop: () => void;
  #last: ServedModel | null = null;

  constructor(models: OpenModels, asked: ModelAsked) {
    this.#models = models;
    this.#asked = asked;
    this.#stop = models.follow(asked);
  }

  /** To be asked of each frame that comes: why it cannot be worked on. */
  unavailable(): OnlookerError | null {
    const reason = this.#models.unavailable(this.#asked);
    if (reason === null) this.#last = this.#models.ready(this.#asked);
    return reason;
  }

  /** For a frame whose turn has come. What has happened to its model since it came does not concern it. */
  get current(): ServedModel {
    if (this.unavailable() === null || this.#last !== null) return this.#last as ServedModel;
    throw noModel();
  }

  /** No frame will come. */
  end(): void {
    this.#stop();
  }
}
