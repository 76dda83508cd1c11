// The one error that leaves models/: a code for programs and one clear line for people.
// Its message must never span lines and must name the file, pack or address it is about.

export type ModelErrorCode =
  /** The manifest cannot be read or a value in it is wrong. */
  | 'BAD_MANIFEST'
  /** No pack of that name. */
  | 'UNKNOWN_PACK'
  /** No model of that name, or no such version of it. */
  | 'UNKNOWN_MODEL'
  /** A source could not be reached or does not hold the file. */
  | 'FETCH_FAILED'
  /** What was fetched is not what the manifest names; both hashes are told. */
  | 'WRONG_HASH'
  /** A file in the cache has changed since it was stored. */
  | 'CORRUPT_CACHE'
  /** A file is missing and the network may not be used. */
  | 'OFFLINE'
  /** The cache folder cannot be read or written. */
  | 'CACHE_UNUSABLE'
  /** The network is not what its family or the manifest says, or gives other results in a batch than alone. */
  | 'BAD_MODEL'
  /** The caller gave up. */
  | 'ABORTED';

export class ModelError extends Error {
  override readonly name = 'ModelError';

  constructor(
    readonly code: ModelErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message.replace(/\s*\n\s*/g, ' '), options);
  }
}

/** The first line of whatever was thrown, for use within another message. */
export function reasonOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  return text.split('\n', 1)[0] ?? text;
}

/** The system's error code (`ENOENT`, `EACCES`…) of what was thrown, if it has one. */
export function systemCodeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
}
