// How versions come to the service's own folder: given file by file, or fetched. Each is read before it is there, and where it is the
// highest of a model of which nobody chose another it is in use then.
import type { Readable } from 'node:stream';
import { ModelError } from '../../models/model-error.js';
import type { ModelEntry } from '../../models/served/model-entry.js';
import type { ServedFiles } from '../../models/served/model-folders.js';
import { OnlookerError } from '../../protocol/errors.js';
import type { ServedModelVersions } from '../../protocol/models.js';
import { Fetching, type Fetched, type FetchingOptions } from './fetching.js';
import type { OwnModels } from './own-models.js';

export interface ModelArrivalsOptions extends Omit<FetchingOptions, 'onFetched'> {
  readonly own: OwnModels;
  /** @throws ModelError for what cannot be served */
  readonly read: (files: ServedFiles) => Promise<unknown>;
  readonly isThere: (name: string, version: string) => boolean;
  /** @returns what is there of the model now */
  readonly onArrived: (name: string) => Promise<ServedModelVersions>;
}

export class ModelArrivals {
  readonly #options: ModelArrivalsOptions;
  readonly #fetching: Fetching;

  constructor(options: ModelArrivalsOptions) {
    this.#options = options;
    this.#fetching = new Fetching({ ...options, onFetched: (files) => this.#adopt(files) });
  }

  /** Those that are being fetched, and those that could not be. */
  get fetching(): readonly Fetched[] {
    return this.#fetching.all;
  }

  /** Takes one file of a version. @throws as `OwnModels.take` */
  take(name: string, version: string, file: string, content: Readable): Promise<void> {
    this.#needNew(name, version);
    return this.#options.own.take(name, version, file, content);
  }

  /**
   * All files of a version have come.
   * @throws OnlookerError BAD_MODEL with the reason: then single files can be sent anew. NOT_FOUND, CONFLICT
   */
  async finish(name: string, version: string): Promise<ServedModelVersions> {
    this.#needNew(name, version);
    await this.#options.own.finish(name, version, async (files) => {
      try {
        await this.#options.read(files);
      } catch (error) {
        throw error instanceof ModelError && error.code !== 'ABORTED'
          ? new OnlookerError('BAD_MODEL', `${error.message}.`)
          : error;
      }
    });
    return this.#options.onArrived(name);
  }

  /** Begins to fetch a version; `fetching` tells how far it has come. @throws OnlookerError CONFLICT, OVERLOADED */
  fetch(entry: ModelEntry): void {
    this.#needNew(entry.name, entry.version);
    this.#fetching.begin(entry);
  }

  /** Settles when nothing is being fetched. */
  close(): Promise<void> {
    return this.#fetching.close();
  }

  async #adopt(files: ServedFiles): Promise<void> {
    await this.#options.read(files);
    await this.#options.own.adopt(files);
    await this.#options.onArrived(files.name);
  }

  #needNew(name: string, version: string): void {
    if (!this.#options.isThere(name, version)) return;
    throw new OnlookerError('CONFLICT', `${name}@${version} is there already: what is new needs another version.`);
  }
}
