// Who of a file is taken in, and why others are not.
import { createHash } from 'node:crypto';
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
  readonly #enrolled: ReadonlyMap<string, readonly string[]>;
  /** Whose an external id is, of those who are enrolled. */
  readonly #enrolledIds: ReadonlyMap<string, string>;
  readonly #people = new Map<string, PersonToImport & { readonly embeddings: Float32Array[] }>();
  readonly #faces = new Set<string>();
  /** Whose an external id is. */
  readonly #ids = new Map<string, string>();

  constructor(dim: number, enrolled: readonly Person[]) {
    this.#dim = dim;
    const names = new Map<string, string[]>();
    for (const { id, name } of enrolled) {
      const text = checkedName(name).text ?? name;
      names.set(text, [...(names.get(text) ?? []), id]);
    }
    this.#enrolled = names;
    this.#enrolledIds = new Map(
      enrolled.flatMap(({ id, external_id: given }) => (given === null ? [] : [[checkedName(given).text ?? given, id] as const])),
    );
  }

  get people(): readonly PersonToImport[] {
    return [...this.#people.values()];
  }

  add(given: NamedEmbedding): void {
    const reason = this.#take(given);
    if (reason !== null) this.refused.push({ place: given.place, name: given.name, reason });
  }

  /** @returns why it is not taken in; null where it is */
  #take({ name: given, externalId: givenId, numbers }: NamedEmbedding): string | null {
    const { text: name, wrong } = checkedName(given);
    if (name === undefined) return `the name ${wrong}`;
    const { text: externalId = null, wrong: wrongId } = givenId === null ? {} : checkedName(givenId);
    if (wrongId !== undefined) return `the external id ${wrongId}`;
    if (numbers.length !== this.#dim) return `${numbers.length} numbers instead of ${this.#dim}`;
    const embedding = normalised(numbers);
    if (embedding === null) return 'its numbers are all zero, or one is not finite';
    const id = idOf({ name, externalId });
    const enrolled = this.#enrolled.get(name) ?? [id];
    if (!enrolled.includes(id)) return `somebody of that name is enrolled already (${enrolled.join(', ')})`;
    if (externalId !== null && (this.#enrolledIds.get(externalId) ?? id) !== id)
      return `the external id ${externalId} is of somebody who is enrolled (${this.#enrolledIds.get(externalId) ?? ''})`;
    if (externalId !== null && (this.#ids.get(externalId) ?? id) !== id)
      return `the external id ${externalId} is of somebody before`;
    const face = createHash('sha256').update(id).update(embedding).digest('base64');
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
  const given = Float64Array.from(numbers);
  // First by the greatest, so that no square is too large or too small to be told.
  const greatest = given.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const values = given.map((value) => value / greatest);
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return Number.isFinite(length) && length > 0 ? Float32Array.from(values, (value) => value / length) : null;
}
