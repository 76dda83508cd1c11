// The registered streams: what the service watches by itself, kept over restarts. It starts none of them. Their addresses
// hold passwords: only `url` of a stored stream has them, and nothing of an address is ever logged or put into an error.
import { OnlookerError } from '../../protocol/errors.js';
import { validated } from '../../protocol/validated.js';
import { newStreamSchema, streamPatchSchema, type NewStream, type StreamPatch } from '../../protocol/streams.js';
import type { RecordStore } from '../store/record-store.js';
import { type StoreKind } from '../store/record-store.js';
import { DamagedRecordError, schemaVersionOf } from '../store/sealed-record.js';
import { SerialQueue } from '../store/serial-queue.js';
import { openStore } from '../store/open-store.js';
import { withSecrets } from './hidden-secrets.js';
import { decodeStream, encodeStream, META_KEY, metaChange, recordOf, REGISTRY_SCHEMA_VERSION } from './stored-stream.js';
import { storedStream, STREAM_PREFIX, type StoredStream, type StreamRecord } from './stored-stream.js';

export type { StoredStream };

export interface StreamRegistryOptions {
  /** A directory of the registry's own; made when it is not there. */
  readonly dir: string;
  /** Most streams that can be registered. */
  readonly maxStreams?: number;
  /** Unix ms. */
  readonly now?: () => number;
  readonly log?: { warn(details: object, message: string): void };
}
/** Throws what speaks against a stream, before it is kept. */
export type StreamCheck = (candidate: StoredStream) => void;

export const MAX_REGISTERED_STREAMS_DEFAULT = 64;
const REGISTRY_STORE: StoreKind = {
  file: 'streams',
  name: 'list of streams',
  whenDamaged: 'put back a copy of its streams.mdb, or move that file away, start again and add the streams again.',
};

export class StreamRegistry {
  readonly #writes = new SerialQueue();
  readonly #maxStreams: number;
  readonly #now: () => number;
  #closed: Promise<void> | undefined;

  /** @param streams mirrors what is committed, and is changed only after the commit */
  private constructor(
    private readonly options: StreamRegistryOptions,
    private readonly store: RecordStore,
    private readonly streams: Map<string, StoredStream>,
  ) {
    this.#maxStreams = options.maxStreams ?? MAX_REGISTERED_STREAMS_DEFAULT;
    this.#now = options.now ?? Date.now;
    // The last process may not have lived to do it.
    void this.#writes.run(() => this.#rewrite());
  }

  /** @throws StoreOpenError with one line that tells what is wrong and what to do */
  static open(options: StreamRegistryOptions): Promise<StreamRegistry> {
    return openStore(options.dir, REGISTRY_STORE, async (store) => new StreamRegistry(options, store, await loadStreams(store)));
  }

  get size(): number {
    return this.streams.size;
  }

  /** In the order of their ids. */
  all(): readonly StoredStream[] {
    return [...this.streams.values()].sort((a, b) => (a.stream.id < b.stream.id ? -1 : 1));
  }

  /** @param page `after`: id of the last stream of the page before @param sees which streams are listed */
  list(
    { limit, after = '' }: { readonly limit: number; readonly after?: string },
    sees: (stream: string) => boolean = () => true,
  ): {
    streams: readonly StoredStream[];
    next?: string;
  } {
    const rest = this.all().filter(({ stream }) => stream.id > after && sees(stream.id));
    const streams = rest.slice(0, Math.max(1, limit));
    const last = streams.at(-1);
    return { streams, ...(rest.length > streams.length && last !== undefined && { next: last.stream.id }) };
  }

  get(id: string): StoredStream | undefined {
    return this.streams.get(id);
  }

  /** @throws OnlookerError BAD_MESSAGE, STREAM_EXISTS, LIMIT_REACHED, and what `check` throws */
  async create(input: NewStream, check: StreamCheck = () => undefined): Promise<StoredStream> {
    const fields = validated(newStreamSchema, input, 'stream');
    const url = withSecrets(fields.url);
    return this.#inTurn(() => {
      if (this.streams.has(fields.id)) throw new OnlookerError('STREAM_EXISTS', `The stream ${fields.id} is registered already.`);
      if (this.streams.size >= this.#maxStreams) {
        throw new OnlookerError('LIMIT_REACHED', `No more than ${this.#maxStreams} streams can be registered.`, undefined, {
          retryAfterMs: Infinity,
        });
      }
      const now = this.#now();
      return this.#keep(storedStream({ ...fields, url, created_at: now, updated_at: now }), check);
    });
  }

  /**
   * Fields that are not named stay, `null` puts the default back. An address with `***` keeps the secret that was shown
   * so, as long as scheme, user, host and port are the same.
   * @throws OnlookerError NOT_FOUND, BAD_MESSAGE, and what `check` throws
   */
  async patch(id: string, input: StreamPatch, check: StreamCheck = () => undefined): Promise<StoredStream> {
    const patch = validated(streamPatchSchema, input, 'stream');
    return this.#inTurn(() => {
      const before = this.#need(id);
      const named = Object.entries(patch).filter(([, value]) => value !== undefined);
      if (named.length === 0) return before;
      const url = patch.url === undefined ? before.url : withSecrets(patch.url, before.url);
      const fields = Object.fromEntries(
        Object.entries({ ...recordOf(before), ...Object.fromEntries(named) }).filter(([, value]) => value !== null),
      ) as unknown as StreamRecord;
      return this.#keep(storedStream({ ...fields, url, updated_at: this.#now() }), check);
    });
  }

  /** @throws OnlookerError NOT_FOUND */
  async delete(id: string): Promise<void> {
    return this.#inTurn(async () => {
      this.#need(id);
      await this.store.commit([{ key: STREAM_PREFIX + id, value: null }]);
      this.streams.delete(id);
      await this.#rewrite();
    });
  }

  /** Waits for what is being written and lets go of the directory. */
  close(): Promise<void> {
    this.#closed ??= this.#writes.idle().then(() => this.store.close());
    return this.#closed;
  }

  async #keep(candidate: StoredStream, check: StreamCheck): Promise<StoredStream> {
    check(candidate);
    const { id } = candidate.stream;
    const before = this.streams.get(id);
    await this.store.commit([{ key: STREAM_PREFIX + id, value: encodeStream(recordOf(candidate)) }]);
    this.streams.set(id, candidate);
    if (before !== undefined && before.url !== candidate.url) await this.#rewrite();
    return candidate;
  }

  /** Writes the store's file anew: an old password must not stay in its free space. A failure leaves that to the next time. */
  async #rewrite(): Promise<void> {
    try {
      await this.store.replace({
        addedBytes: 0,
        fill: async (replacement) => {
          for await (const chunk of this.store.chunks(STREAM_PREFIX)) await replacement.write(chunk);
        },
        // Within `#writes`, where nothing else is committed.
        alone: (job) => job(),
        settle: () => [metaChange()],
      });
    } catch (error) {
      this.options.log?.warn({ err: error }, 'what was removed could not be purged from the list of streams on disk yet');
    }
  }

  #need(id: string): StoredStream {
    const stored = this.streams.get(id);
    if (stored === undefined) throw new OnlookerError('NOT_FOUND', 'There is no such stream.');
    return stored;
  }

  #inTurn<T>(job: () => T | Promise<T>): Promise<T> {
    if (this.#closed !== undefined) throw new OnlookerError('DRAINING', 'The list of streams is closed.');
    return this.#writes.run(job);
  }
}

/** @throws StoreOpenError, DamagedRecordError */
async function loadStreams(store: RecordStore): Promise<Map<string, StoredStream>> {
  const streams = new Map<string, StoredStream>();
  const meta = store.get(META_KEY);
  if (meta === undefined) {
    if (store.count > 0) throw store.damaged('its meta record is missing');
    await store.commit([metaChange()]);
    return streams;
  }
  const schema = schemaVersionOf(meta);
  if (schema > REGISTRY_SCHEMA_VERSION) throw store.newer(schema, REGISTRY_SCHEMA_VERSION);
  for await (const chunk of store.chunks(STREAM_PREFIX)) {
    for (const { key, value } of chunk) {
      const record = decodeStream(value);
      if (key !== STREAM_PREFIX + record.id) throw new DamagedRecordError(`stream ${record.id} is under a wrong key`);
      streams.set(record.id, storedStream(record));
    }
  }
  if (store.count !== streams.size + 1) throw store.damaged('it holds records under unknown keys');
  return streams;
}
