// Named embeddings out of lists and maps, as JSON and pickles hold them: somebody's numbers, several of those, or a list of entries
// that each say whose they are.
import { EMBEDDING_FIELDS, ID_FIELDS, NAME_FIELDS, nameOfIdentity, unreadable } from './named-embedding.js';
import type { EmbeddingsFile, NamedEmbedding } from './named-embedding.js';

type Fields = ReadonlyMap<unknown, unknown>;

/** Files with more entries are no gallery, but something that refers to itself. */
const MOST_ENTRIES = 1_000_000;

/** @throws CommandError where it is none of these */
export function embeddingsIn(value: unknown, file: EmbeddingsFile): NamedEmbedding[] {
  const found: NamedEmbedding[] = [];
  const add = (entry: NamedEmbedding): void => {
    if (found.push(entry) > MOST_ENTRIES) throw unreadable(file, `more than ${MOST_ENTRIES} embeddings`);
  };
  const fields = fieldsOf(value);
  if (fields !== null && !isEntry(fields)) {
    for (const [key, held] of fields) {
      if (typeof key !== 'string' && typeof key !== 'number') throw unreadable(file, 'it holds a map whose keys are no names');
      const name = String(key);
      const several = numbersOf(held) === null && Array.isArray(held) ? (held as readonly unknown[]) : [held];
      several.forEach((one, index) => {
        const place = `entry ${index + 1} of ${JSON.stringify(name)}`;
        const numbers = numbersOf(one) ?? numbersOf(first(fieldsOf(one), EMBEDDING_FIELDS));
        if (numbers === null) throw unreadable(file, `${place} is no list of numbers`);
        add({ name: nameOfIdentity(name), externalId: null, numbers, place });
      });
    }
    if (found.length === 0) throw nothingIn(file);
    return found;
  }
  const entries = fields === null ? value : [value];
  if (!Array.isArray(entries) || entries.length === 0) throw nothingIn(file);
  (entries as readonly unknown[]).forEach((entry, index) => add(entryOf(entry, `entry ${index + 1}`, file)));
  return found;
}

const nothingIn = (file: EmbeddingsFile): Error => unreadable(file, 'it holds no named embeddings');

function entryOf(entry: unknown, place: string, file: EmbeddingsFile): NamedEmbedding {
  // DeepFace's older files hold pairs.
  if (Array.isArray(entry) && typeof entry[0] === 'string') {
    const numbers = numbersOf(entry[1]);
    if (numbers !== null) return { name: nameOfIdentity(entry[0]), externalId: null, numbers, place };
  }
  const fields = fieldsOf(entry);
  const name = first(fields, NAME_FIELDS);
  const numbers = numbersOf(first(fields, EMBEDDING_FIELDS));
  if (typeof name !== 'string') throw unreadable(file, `${place} has no name (${NAME_FIELDS.join(', ')})`);
  if (numbers === null) throw unreadable(file, `${place} has no numbers (${EMBEDDING_FIELDS.join(', ')})`);
  const id = first(fields, ID_FIELDS);
  const externalId = typeof id === 'string' || typeof id === 'number' ? String(id) : null;
  return { name: nameOfIdentity(name), externalId, numbers, place };
}

function isEntry(fields: Fields): boolean {
  return first(fields, EMBEDDING_FIELDS) !== undefined && first(fields, NAME_FIELDS) !== undefined;
}

function fieldsOf(value: unknown): Fields | null {
  if (value instanceof Map) return value as Fields;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
  return isObject ? new Map(Object.entries(value)) : null;
}

function first(fields: Fields | null, names: readonly string[]): unknown {
  return names.map((name) => fields?.get(name)).find((value) => value !== undefined);
}

/** Null for what is no list of numbers. */
function numbersOf(value: unknown): ArrayLike<number> | null {
  if (value instanceof Float32Array || value instanceof Float64Array) return value;
  const isList = Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'number');
  return isList ? value : null;
}
