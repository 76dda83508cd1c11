// What a file of embeddings holds, whatever its format: somebody's name and numbers, and where they stand in the file.
import { CommandError } from '../../terminal/failure.js';
import { shown } from '../../terminal/table.js';

export interface NamedEmbedding {
  readonly name: string;
  readonly externalId: string | null;
  readonly numbers: ArrayLike<number>;
  /** For messages: `line 3`, `entry 2 of "Ada"`. */
  readonly place: string;
}

/** What formats are read from. */
export interface EmbeddingsFile {
  /** For messages. */
  readonly path: string;
  readonly bytes: Buffer;
  /** Names in their order, where the format holds none. */
  readonly names: readonly string[] | null;
}

/** What the fields of somebody are called in tables and objects. */
export const NAME_FIELDS = ['name', 'person', 'identity', 'label', 'subject'];
export const EMBEDDING_FIELDS = ['embedding', 'embeddings', 'vector', 'representation', 'descriptor', 'encoding'];
export const ID_FIELDS = ['external_id', 'person_id', 'employee_id'];

export function unreadable({ path }: Pick<EmbeddingsFile, 'path'>, why: string): CommandError {
  return new CommandError(shown(`${path}: ${why}`));
}

/** A path of an image stands for somebody: the folder that it lies in, or where it lies in none its own name without ending. */
export function nameOfIdentity(identity: string): string {
  const parts = identity.split(/[/\\]/).filter((part) => part !== '' && part !== '.');
  const last = parts.at(-1) ?? identity;
  if (!/\.(jpe?g|png|webp|bmp|tiff?|gif|heic|avif)$/i.test(last)) return identity;
  return parts.at(-2) ?? last.replace(/\.[^.]+$/, '');
}
