// Who of a file is taken in, and why others are not.
import { checkedName } from '../../../protocol/name-text.js';
import type { Person } from '../../http-client.js';
import { idOf, type PersonToImport } from './gallery-file.js';
import type { NamedEmbedding } from './named-embedding.js';

export interface Refused {
  readonly place: string;
  readonly name: string;
  readonly reason: string;
}

export class Intake {
  readonly refused: Refused[] = [];
  readonly #dim: number;
  /** Ids of those who are enrolled, by name. */
  readonly #enrolled: ReadonlyMap<string, string>;
  readonly #people = new Map<string, PersonToImport & { readonly embeddings: Float32Array[] }>();
  readonly #faces = new Set<string>();
  /** Whose an external id is. */
  readonly #ids = new Map<string, string>();

  constructor(dim: number, enrolled: readonly Person[]) {
    this.#dim = dim;
    this.#enrolled = new Map(enrolled.map(({ id, name }) => [checkedName(name).text ?? name, id]));
  }

  get people(): readonly PersonToImport[] {
    return [...this.#people.values()];
  }

  add(given: NamedEmbedding): void {
    const reason = this.#take(given);
    if (reason !== null) this.refused.push({ place: given.place, name: given.name, reason });
  }

  /** @returns why it is not taken in; null where it is */
  #take({ name: given, externalId, numbers }: NamedEmbedding): string | null {
    const { text: name, wrong } = checkedName(given);
    if (name === undefined) return `the name ${wrong}`;
    if (numbers.length !== this.#dim) return `${numbers.length} numbers instead of ${this.#dim}`;
    const embedding = normalised(numbers);
    if (embedding === null) return 'its numbers are all zero, or one is not finite';
    const id = idOf({ name, externalId });
    const enrolled = this.#enrolled.get(name);
    if (enrolled !== undefined && enrolled !== id) return `somebody of that name is enrolled already (${enrolled})`;
    if (externalId !== null && (this.#ids.get(externalId) ?? id) !== id) return `the id ${externalId} is of somebody before`;
    const face = `${id} ${embedding.join(',')}`;
    if (this.#faces.has(face)) return 'the same stands there before';
    this.#faces.add(face);
    if (externalId !== null) this.#ids.set(externalId, id);
    const person = this.#people.get(id) ?? { name, externalId, embeddings: [] };
    this.#people.set(id, person);
    person.embeddings.push(embedding);
    return null;
  }
}

/** Of the length 1; null for what has no direction. */
function normalised(numbers: ArrayLike<number>): Float32Array | null {
  const values = Float64Array.from(numbers);
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return Number.isFinite(length) && length > 0 ? Float32Array.from(values, (value) => value / length) : null;
}
