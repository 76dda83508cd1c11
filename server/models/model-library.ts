// The models that lie in folders: which versions there are, which of them answers, and how another takes its place. A version is put in
// use once it is open on every lane, and what cannot be opened leaves things as they were.
import { ModelError, reasonOf } from '../../models/model-error.js';
import { objectFamily } from '../../models/objects/families.js';
import { LATEST, type ServedFiles } from '../../models/served/model-folders.js';
import { readServedModel, type ReadServedOptions } from '../../models/served/read-served-model.js';
import type { ServedManifest } from '../../models/served/served-manifest.js';
import type { ServedModel, ServedTask } from '../../models/served/served-model.js';
import { compareVersions } from '../../models/served/version-order.js';
import type { ModelCatalogue } from '../../pipeline/served/model-catalogue.js';
import type { OpenModels } from '../../pipeline/served/open-models.js';
import { OnlookerError } from '../../protocol/errors.js';
import type { ModelVersionsAnswer, ServedModelVersions, ServedVersion } from '../../protocol/models.js';
import { JsonFile } from '../json-file.js';
import type { Logger } from '../logger.js';
import type { Fetched } from './fetching.js';
import { findVersions, type FoundVersion, type FoundVersions, type ModelRoot } from './found-versions.js';
import { keras } from '../../models/keras/converter.js';
import { ModelArrivals } from './model-arrivals.js';
import { ModelVersions } from './model-versions.js';
import { OwnModels } from './own-models.js';
import {
  choiceOf,
  choicesSchema,
  NO_CHOICES,
  partsOf,
  unaliased,
  withAlias,
  withCanary,
  withInUse,
  withoutAlias,
  type ModelChoices,
} from './model-choices.js';

export interface ModelLibraryOptions {
  /** Folder that is mounted, and only read. */
  readonly modelDir: string | undefined;
  /** The service's own folder, for what it is given and what it fetches. */
  readonly ownDir: string;
  readonly offline: boolean;
  /** A model that is named by its files, beside those of the folders. */
  readonly given?: GivenModel | undefined;
  readonly cacheDir: string;
  /** Where what was chosen is kept. */
  readonly choicesPath: string;
  /** How often folders are looked at for what is new, ms; 0 for never. */
  readonly pollMs: number;
  readonly log: Logger;
  /** Aborted when the service stops. */
  readonly signal: AbortSignal;
}

export interface GivenModel {
  readonly files: ServedFiles;
  /** Goes before its manifest. */
  readonly settings: ServedManifest;
  readonly fallback: NonNullable<ReadServedOptions['fallback']>;
}

interface ReadModel {
  readonly stamp: string;
  readonly model: Promise<ServedModel>;
}

export class ModelLibrary implements ModelCatalogue {
  readonly #options: ModelLibraryOptions;
  readonly #choices: JsonFile<ModelChoices>;
  readonly #own: OwnModels;
  /** Versions that come to the service's own folder. */
  readonly arrivals: ModelArrivals;
  readonly #versions: ModelVersions;
  readonly #read = new Map<string, ReadModel>();
  /** New versions that did not open, by their files' stamps: they are tried again when those change. */
  readonly #refused = new Map<string, string>();
  /** Names of models that were there before. */
  readonly #begun = new Set<string>();
  /** Names of models that are being changed. */
  readonly #changing = new Set<string>();
  #told = new Set<string>();
  #models: OpenModels | null = null;
  #poll: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(options: ModelLibraryOptions, choices: JsonFile<ModelChoices>, own: OwnModels) {
    this.#options = options;
    this.#choices = choices;
    this.#own = own;
    this.arrivals = new ModelArrivals({
      ...options,
      own,
      read: (files) => this.#readFiles(files),
      isThere: (name, version) => this.#versions.get(name, version) !== undefined,
      onArrived: async (name) => {
        await this.rescan();
        return this.#versionsOf(name);
      },
    });
    this.#versions = new ModelVersions(
      () => choices.value,
      (id) => this.#models?.failureOf(id) !== undefined,
    );
  }

  /** Looks what there is, and opens nothing. @throws StartError where what was chosen cannot be read */
  static async open(options: ModelLibraryOptions): Promise<ModelLibrary> {
    const choices = await JsonFile.open(options.choicesPath, 'choice of models', choicesSchema, NO_CHOICES);
    const library = new ModelLibrary(options, choices, await OwnModels.open(options.ownDir));
    library.#versions.found(await library.#find());
    return library;
  }

  /**
   * Opens what is in use, as far as there is room. Where the highest version of a model does not open, the next one that does is in use.
   * @throws what the start was given up with
   */
  async start(models: OpenModels): Promise<void> {
    this.#models = models;
    for (const name of this.#versions.names) await this.#begin(name);
    this.#pollLater();
  }

  has(task: ServedTask): boolean {
    return this.#versions.has(task);
  }

  idFor(task: ServedTask, model: string | undefined, stream: string | null): string {
    return this.#versions.idFor(task, model, stream);
  }

  /** Each version once, until its files change. */
  async read(id: string): Promise<ServedModel> {
    const found = this.#versions.byId(id);
    if (found === undefined) throw new ModelError('UNKNOWN_MODEL', `there is no model ${id}`);
    const known = this.#read.get(id);
    if (known?.stamp === found.stamp) return known.model;
    const model = this.#readFiles(found.files);
    this.#read.set(id, { stamp: found.stamp, model });
    try {
      return await model;
    } catch (error) {
      // It is read anew when it is asked for again: what was wrong may have been put right.
      this.#read.delete(id);
      throw error;
    }
  }

  list(): ModelVersionsAnswer {
    const { usedBytes, limitBytes } = this.#open.memory;
    const names = new Set([...this.#versions.names, ...this.arrivals.fetching.map(({ name }) => name)]);
    return {
      models: [...names].sort().map((name) => this.#versionsOf(name)),
      aliases: this.#choices.value.aliases,
      memory: { used_bytes: usedBytes, limit_bytes: limitBytes },
    };
  }

  /**
   * Puts a version in use: opens it on every lane, then has it answer from the next frame on. What was in use before stays open while
   * there is room, for a rollback.
   * @param version `latest` for the highest, now and whenever there is a higher one
   * @throws OnlookerError NOT_FOUND, BAD_MODEL (what was in use stays), CONFLICT while another change of it is under way
   */
  use(name: string, version: string): Promise<ServedModelVersions> {
    return this.#change(name, async () => {
      await this.#look();
      const found = this.#versions.needed(name, version);
      const before = this.#versions.inUse(name);
      await this.#openFor(found, before);
      const previous =
        before !== null && before !== found.version ? before : (choiceOf(this.#choices.value, name).previous ?? null);
      const chosen = version === LATEST ? undefined : found.version;
      await this.#choose((choices) => withInUse(choices, name, chosen, previous));
      this.#versions.follow(name, found.version);
      this.#options.log.info({ model: found.id, before }, 'another version of a model is in use');
    });
  }

  /** Puts what was in use before in use again. @throws as `use`, and CONFLICT where nothing was in use before */
  rollback(name: string): Promise<ServedModelVersions> {
    this.#versions.needed(name, undefined);
    const { previous } = choiceOf(this.#choices.value, name);
    if (previous === undefined) throw new OnlookerError('CONFLICT', `No other version of ${name} was in use before.`);
    return this.use(name, previous);
  }

  /**
   * Gives a share of the streams to a version that is being tried. It is always the same streams, so that both can be compared.
   * @param share 0..1; 0 ends it
   * @throws OnlookerError as `use`
   */
  tryOut(name: string, version: string, share: number): Promise<ServedModelVersions> {
    return this.#change(name, async () => {
      await this.#look();
      const found = this.#versions.needed(name, version);
      if (share > 0) await this.#openFor(found, this.#versions.inUse(name));
      await this.#choose((choices) => withCanary(choices, name, share > 0 ? { version: found.version, share } : null));
    });
  }

  /** Takes a version of the service's own away. @throws OnlookerError CONFLICT while it is in use or tried out, NOT_FOUND */
  remove(name: string, version: string): Promise<ServedModelVersions> {
    return this.#change(name, async () => {
      const { id, place } = this.#versions.needed(name, version);
      if (place !== 'own') throw new OnlookerError('CONFLICT', `${id} lies in a folder that the service only reads.`);
      const { canary } = choiceOf(this.#choices.value, name);
      const others = this.#versions.of(name).length > 1;
      if (canary?.version === version || (others && this.#versions.inUse(name) === version)) {
        throw new OnlookerError('CONFLICT', `${id} is in use: put another version in use first.`);
      }
      await this.#own.remove(name, version);
      await this.#open.closeNow(id);
      await this.#look();
    });
  }

  /** @throws OnlookerError NOT_FOUND where the target is not there, CONFLICT for a circle, BAD_MESSAGE, LIMIT_REACHED */
  async setAlias(alias: string, target: string): Promise<void> {
    await this.#look();
    await this.#choose((choices) => {
      const changed = withAlias(choices, alias, target);
      const { name, version } = partsOf(unaliased(changed.aliases, target));
      this.#versions.needed(name, version);
      if (this.#versions.all.has(alias) || this.#versions.byId(alias) !== undefined) {
        throw new OnlookerError('CONFLICT', `There is a model called ${alias}.`);
      }
      return changed;
    });
  }

  /** @throws OnlookerError NOT_FOUND */
  async removeAlias(alias: string): Promise<void> {
    await this.#choose((choices) => {
      if (!Object.hasOwn(choices.aliases, alias)) throw new OnlookerError('NOT_FOUND', `There is no alias ${alias}.`);
      return withoutAlias(choices, alias);
    });
  }

  /** Looks what is new now, and puts the highest versions in use where nobody chose one. Whatever does not open is logged. */
  async rescan(): Promise<ModelVersionsAnswer> {
    await this.#look();
    await this.#takeNewer(() => true);
    return this.list();
  }

  /** Stops looking for what is new. Resolves when nothing is being changed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#poll !== null) clearTimeout(this.#poll);
    await this.#looking;
    await this.arrivals.close();
    await this.#choices.close();
  }

  get #open(): OpenModels {
    if (this.#models === null) throw new OnlookerError('MODEL_UNAVAILABLE', 'The models are still being loaded.');
    return this.#models;
  }

  #readFiles(files: ServedFiles): Promise<ServedModel> {
    const { cacheDir, signal, log } = this.#options;
    const { given } = this.#options;
    const own = given?.files === files ? { settings: given.settings, fallback: given.fallback } : {};
    return readServedModel(files, {
      ...own,
      cacheDir,
      keras,
      objectFamily: (name) => Promise.resolve(objectFamily(name)),
      signal,
      onWarning: (line) => log.warn(line),
    });
  }

  async #change(name: string, change: () => Promise<void>): Promise<ServedModelVersions> {
    if (this.#changing.has(name)) throw new OnlookerError('CONFLICT', `The model ${name} is being changed already.`);
    this.#changing.add(name);
    try {
      await change();
      return this.#versionsOf(name);
    } finally {
      this.#changing.delete(name);
    }
  }

  /** @throws OnlookerError BAD_MODEL, CONFLICT where it does something else than the one before */
  async #openFor(found: FoundVersion, before: string | null): Promise<void> {
    const old = this.#versions.get(found.name, before);
    if (old !== undefined && old.task !== found.task) {
      throw new OnlookerError(
        'CONFLICT',
        `${found.id} is for ${found.task} and ${old.id} for ${old.task}: give it another name.`,
      );
    }
    try {
      await this.#open.open(found.id, true);
    } catch (error) {
      if (!(error instanceof OnlookerError)) throw error;
      const stays = old === undefined || old.id === found.id ? '' : ` ${old.id} stays in use.`;
      throw new OnlookerError(
        'BAD_MODEL',
        `${found.id} does not open: ${this.#open.failureOf(found.id) ?? error.message}.${stays}`,
      );
    }
  }

  #choose(change: (choices: ModelChoices) => ModelChoices): Promise<void> {
    return this.#choices.update((choices) => ({ value: change(choices), result: undefined }));
  }

  /** The first time that a model is there. */
  async #begin(name: string): Promise<void> {
    this.#begun.add(name);
    const { in_use: chosen } = choiceOf(this.#choices.value, name);
    const candidates = chosen === undefined ? this.#versions.of(name) : [chosen];
    const opened = await this.#firstThatOpens(name, candidates, (id) => this.#open.openIfRoom(id));
    if (chosen === undefined && opened !== null) this.#versions.follow(name, opened);
  }

  async #firstThatOpens(
    name: string,
    candidates: readonly string[],
    open: (id: string) => Promise<unknown>,
  ): Promise<string | null> {
    for (const version of candidates) {
      const found = this.#versions.get(name, version);
      if (found === undefined) {
        this.#options.log.error(`the model ${name} is not served: its version ${version} is chosen, and is not there`);
        continue;
      }
      try {
        await open(found.id);
        return version;
      } catch (error) {
        if (!(error instanceof OnlookerError)) throw error;
        this.#refused.set(found.id, found.stamp);
      }
    }
    return null;
  }

  async #find(): Promise<FoundVersions> {
    const lines = new Set<string>();
    const { modelDir, ownDir } = this.#options;
    const roots: ModelRoot[] = [{ path: ownDir, place: 'own', isOptional: true }];
    if (modelDir !== undefined) roots.unshift({ path: modelDir, place: 'folder', isOptional: false });
    const found = await findVersions(roots, (line) => lines.add(line), this.#options.given?.files);
    for (const line of lines) if (!this.#told.has(line)) this.#options.log.warn(line);
    this.#told = lines;
    return found;
  }

  async #look(): Promise<void> {
    const before = this.#versions.all;
    const found = new Map([...(await this.#find())].map(([name, versions]) => [name, new Map(versions)]));
    for (const [name, versions] of before) {
      for (const [version, old] of versions) {
        const now = found.get(name)?.get(version);
        if (!(this.#models?.isOpen(old.id) ?? false)) continue;
        // What is open goes on, whatever becomes of its folder.
        if (now === undefined) found.set(name, (found.get(name) ?? new Map<string, FoundVersion>()).set(version, old));
        else if (now.stamp !== old.stamp) {
          this.#options.log.warn(`the files of ${old.id} have changed while it is open: give what is new another version`);
        }
      }
    }
    this.#versions.found(found);
  }

  /** Puts higher versions in use where nobody chose one. @param isWhole whether the files of a version are complete */
  async #takeNewer(isWhole: (found: FoundVersion) => boolean): Promise<void> {
    for (const [name, versions] of this.#versions.all) {
      if (this.#changing.has(name)) continue;
      if (!this.#begun.has(name)) {
        if ([...versions.values()].every(isWhole)) await this.#change(name, () => this.#begin(name));
        continue;
      }
      const inUse = this.#versions.inUse(name);
      if (inUse === null || choiceOf(this.#choices.value, name).in_use !== undefined) continue;
      // The one in use has never been open, or it is only that others needed its memory.
      const isBroken = this.#open.failureOf(`${name}@${inUse}`) !== undefined;
      const candidates = this.#versions.of(name).filter((version) => {
        const found = versions.get(version);
        if (found === undefined || !isWhole(found) || this.#refused.get(found.id) === found.stamp) return false;
        return isBroken || compareVersions(version, inUse) > 0;
      });
      await this.#change(name, async () => {
        const opened = await this.#firstThatOpens(name, candidates, (id) => this.#open.open(id, true));
        if (opened === null || opened === inUse) return;
        await this.#choose((choices) => withInUse(choices, name, undefined, inUse));
        this.#versions.follow(name, opened);
        this.#options.log.info({ model: `${name}@${opened}`, before: inUse }, 'a newer version of a model is in use');
      });
    }
  }

  #pollLater(): void {
    const { pollMs, log } = this.#options;
    if (pollMs === 0 || this.#isClosed) return;
    this.#poll = setTimeout(() => {
      this.#looking = this.#lookAgain()
        .catch((error: unknown) => {
          if (!this.#options.signal.aborted) log.error(`models could not be looked for: ${reasonOf(error)}`);
        })
        .finally(() => this.#pollLater());
    }, pollMs).unref();
  }

  /** Of files that are being copied the sizes change: only what looks as it did the last time is taken. */
  async #lookAgain(): Promise<void> {
    const before = this.#versions.all;
    await this.#look();
    await this.#takeNewer(({ name, version, stamp }) => before.get(name)?.get(version)?.stamp === stamp);
  }

  #versionsOf(name: string): ServedModelVersions {
    const { in_use: chosen, previous, canary } = choiceOf(this.#choices.value, name);
    return {
      name,
      in_use: this.#versions.inUse(name),
      follows_latest: chosen === undefined,
      previous: previous ?? null,
      canary: canary ?? null,
      versions: [
        ...this.arrivals.fetching.flatMap((fetched) => (fetched.name === name ? [fetchedTold(fetched)] : [])),
        ...this.#versions.of(name).map((version) => this.#versionTold(this.#versions.needed(name, version))),
      ],
    };
  }

  #versionTold({ version, id, task, place }: FoundVersion): ServedVersion {
    const reason = this.#open.failureOf(id);
    if (this.#open.isOpen(id)) return { version, id, task, place, state: 'open' };
    return { version, id, task, place, ...(reason === undefined ? { state: 'closed' } : { state: 'failed', reason }) };
  }
}

function fetchedTold({ name, version, state, receivedBytes, reason }: Fetched): ServedVersion {
  const told = { version, id: `${name}@${version}`, task: null, place: 'own' as const, state };
  return reason === undefined ? { ...told, received_bytes: receivedBytes } : { ...told, reason };
}
