// Which version of a model answers: what lies in the folders, and what was chosen of it.
import { LATEST } from '../../models/served/model-folders.js';
import type { ServedTask } from '../../models/served/served-model.js';
import { compareVersions } from '../../models/served/version-order.js';
import { noModel } from '../../pipeline/lanes/no-model-error.js';
import { OnlookerError } from '../../protocol/errors.js';
import type { FoundVersion, FoundVersions } from './found-versions.js';
import { choiceOf, isTried, partsOf, unaliased, type ModelChoices } from './model-choices.js';

export class ModelVersions {
  readonly #choices: () => ModelChoices;
  /** Whether a version has failed to open. */
  readonly #isBroken: (id: string) => boolean;
  /** What is in use of models that nobody chose a version of. */
  readonly #following = new Map<string, string>();
  #found: FoundVersions = new Map();

  constructor(choices: () => ModelChoices, isBroken: (id: string) => boolean) {
    this.#choices = choices;
    this.#isBroken = isBroken;
  }

  /** What there is now. Of models that are new the highest version is in use. */
  found(found: FoundVersions): void {
    this.#found = found;
    for (const name of found.keys()) {
      const [highest] = this.of(name);
      if (this.inUse(name) === null && highest !== undefined) this.follow(name, highest);
    }
  }

  get all(): FoundVersions {
    return this.#found;
  }

  /** Sorted. */
  get names(): readonly string[] {
    return [...this.#found.keys()].sort();
  }

  /** Newest first. */
  of(name: string): readonly string[] {
    return [...(this.#found.get(name)?.keys() ?? [])].sort(compareVersions).reverse();
  }

  has(task: ServedTask): boolean {
    return [...this.#found.values()].some((versions) => [...versions.values()].some((found) => found.task === task));
  }

  /** As `ModelCatalogue.idFor`. */
  idFor(task: ServedTask, model: string | undefined, stream: string | null): string {
    const reference = model ?? this.#standardOf(task);
    const found = reference === undefined ? undefined : this.#resolved(reference, stream);
    if (found?.task === task) return found.id;
    const known = this.#idsInUse(task).join(', ');
    const what = task === 'classify' ? 'classifier' : 'object detector';
    throw noModel(known === '' ? `No model for the task ${task} is loaded.` : `No such ${what} is loaded; there are ${known}.`);
  }

  get(name: string, version: string | null | undefined): FoundVersion | undefined {
    return this.#found.get(name)?.get(version ?? '');
  }

  byId(id: string): FoundVersion | undefined {
    const { name, version } = partsOf(id);
    return this.get(name, version);
  }

  /** @param version `latest` for the highest, undefined for the one in use @throws OnlookerError NOT_FOUND */
  needed(name: string, version: string | undefined): FoundVersion {
    if (!this.#found.has(name)) throw new OnlookerError('NOT_FOUND', `There is no model ${name}.`);
    const found = this.get(name, version === LATEST ? this.of(name)[0] : (version ?? this.inUse(name)));
    if (found === undefined)
      throw new OnlookerError('NOT_FOUND', `There is no version ${version ?? this.inUse(name) ?? ''} of ${name}.`);
    return found;
  }

  inUse(name: string): string | null {
    return choiceOf(this.#choices(), name).in_use ?? this.#following.get(name) ?? null;
  }

  /** It is in use while nobody chooses another. */
  follow(name: string, version: string): void {
    this.#following.set(name, version);
  }

  #resolved(reference: string, stream: string | null): FoundVersion | undefined {
    const choices = this.#choices();
    const { name, version } = partsOf(unaliased(choices.aliases, reference));
    if (version !== undefined) return this.get(name, version === LATEST ? this.of(name)[0] : version);
    const { canary } = choiceOf(choices, name);
    const isCanary = canary !== undefined && stream !== null && isTried(name, stream, canary.share);
    return (isCanary ? this.get(name, canary.version) : undefined) ?? this.get(name, this.inUse(name));
  }

  /** What answers where no model is named: the alias that is called as the task is, else the first by name that works. */
  #standardOf(task: ServedTask): string | undefined {
    if (Object.hasOwn(this.#choices().aliases, task)) return task;
    const ids = this.#idsInUse(task);
    return ids.find((id) => !this.#isBroken(id)) ?? ids[0];
  }

  #idsInUse(task: ServedTask): readonly string[] {
    return this.names.flatMap((name) => {
      const found = this.get(name, this.inUse(name));
      return found?.task === task ? [found.id] : [];
    });
  }
}
