// A store on disk: an LMDB file of records by key. It knows keys and bytes, not people; what is committed is durable.
// A deleted record lives on in the free space of the file's pages (LMDB's compacting copy keeps that too), so the
// file is replaced now and then by one that is written anew and takes its place by a single atomic rename.
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { open as openFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { open, type RootDatabase, type Transaction } from 'lmdb';
import { makeFolder } from '../../models/make-folder.js';
import { OnlookerError } from '../../protocol/errors.js';
import { DirectoryLock } from './directory-lock.js';
import { needFreeBytes } from './disk-space.js';
import { damageOf } from './store-file.js';
import { StoreOpenError } from './store-open-error.js';

/** What is kept in a store, for its file and for messages about it. */
export interface StoreKind {
  /** `events` lies in `events.mdb`. */
  readonly file: string;
  /** What people call it: `event log`. */
  readonly name: string;
  /** What to do when the file is damaged: the end of a sentence. */
  readonly whenDamaged: string;
}
/** One record written (a value) or removed (null). */
export interface Change {
  readonly key: string;
  readonly value: Buffer | null;
}
export interface StoreRecord {
  readonly key: string;
  readonly value: Buffer;
}
/** A consistent view that later commits do not change; must be released before the file is replaced. */
export interface StoreView {
  chunks(prefix: string): AsyncGenerator<readonly StoreRecord[]>;
  release(): void;
}

/** Keys from `start` (included unless `exclusiveStart`) to `end` (excluded), in their order or, `reverse`, from `start` down to `end`. */
export interface KeyRange {
  readonly start: string;
  readonly end: string;
  readonly limit: number;
  readonly exclusiveStart?: boolean;
  readonly reverse?: boolean;
}
/** Reads within one turn of the event loop, so of one moment. */
export interface StoreReader {
  get(key: string): Buffer | undefined;
  range(range: KeyRange): StoreRecord[];
  keys(range: KeyRange): string[];
  /** How many records have keys that begin so; `prefix` ends in ':'. */
  countOf(prefix: string): number;
}

/** Records read or written in one go: about a millisecond of the main thread. */
const CHUNK_RECORDS = 64;
/** How often what was committed during a replacement is written after it before commits must wait for the rest. */
const CATCH_UP_ROUNDS = 8;
/** LMDB 3.5.6 corrupts its memory when the disk is full, so it is never let to try. Others may write meanwhile. */
const FREE_BYTES_MIN = 16 * 1024 * 1024;
/** Pages that one change may write anew: the way from the root of both trees to its leaf. */
const CHANGE_BYTES = 8 * 4096;
const FILE_MODE = 0o600;

type Database = RootDatabase<Buffer, string>;

/**
 * Without overlapping syncs a commit is on disk when it is told: one promise, no second state to wait for.
 * @param noSync for a file that is synced as a whole in the end
 */
function openDatabase(path: string, noSync = false): Database {
  // The mode is an option of lmdb-js that its types do not know. Names, embeddings and passwords: for one user's eyes.
  const options = { path, encoding: 'binary', overlappingSync: false, noSync, permissionsMode: FILE_MODE } as const;
  return open<Buffer, string>(options);
}

/** A file, or a directory for its names. */
async function syncToDisk(path: string): Promise<void> {
  const handle = await openFile(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The names in a folder, as `syncToDisk` does. */
function syncFolder(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** All in one transaction. lmdb-js puts together what is written in one turn of the event loop; `batch` makes that certain. */
async function write(database: Database, changes: readonly Change[]): Promise<void> {
  const written: Promise<boolean>[] = [];
  const committed = database.batch(() => {
    for (const { key, value } of changes) written.push(value === null ? database.remove(key) : database.put(key, value));
  });
  // Every one of these promises rejects when the commit fails; one that nobody waits for would end the process.
  const results = await Promise.allSettled([committed, ...written]);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed === undefined) return;
  const reason = failed.reason as Error & { commitError?: Promise<never> };
  throw new Error('the store cannot be written', { cause: await reason.commitError?.catch((error: unknown) => error) });
}

/** ';' follows ':' in ASCII: all keys from the prefix to this one begin with the prefix. */
export function prefixEnd(prefix: string): string {
  return `${prefix.slice(0, -1)};`;
}

function rangeOf(database: Database, range: KeyRange, transaction?: Transaction): StoreRecord[] {
  // Copies: LMDB may use the memory again in the next turn.
  return [...database.getRange({ ...range, ...(transaction && { transaction }) })].map(({ key, value }) => ({
    key,
    value: Buffer.from(value),
  }));
}

async function* chunksOf(database: Database, prefix: string, transaction?: Transaction): AsyncGenerator<readonly StoreRecord[]> {
  const end = prefixEnd(prefix);
  for (let start = prefix, exclusiveStart = false; ;) {
    const records = rangeOf(database, { start, end, exclusiveStart, limit: CHUNK_RECORDS }, transaction);
    const last = records.at(-1);
    if (last === undefined) return;
    yield records;
    start = last.key;
    exclusiveStart = true;
    await setImmediate();
  }
}

/** What a transaction may write at most: no more than every page that there is, and what comes. */
function writtenBytes(changes: readonly Change[], fileBytes: number): number {
  const values = changes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
  return 2 * values + Math.min(changes.length * CHANGE_BYTES, fileBytes + 2 * values);
}

/** A store written beside the live one; nothing in it counts before it has taken that one's place. */
export class StoreReplacement {
  #closed = false;

  /** @param needFree throws where the disk has fewer bytes left */
  constructor(
    private readonly database: Database,
    private readonly needFree: (bytes: number) => Promise<void>,
  ) {}

  /** @throws OnlookerError DISK_FULL */
  async write(changes: readonly Change[]): Promise<void> {
    for (let at = 0; at < changes.length; at += CHUNK_RECORDS) {
      const chunk = changes.slice(at, at + CHUNK_RECORDS);
      await this.needFree(FREE_BYTES_MIN + writtenBytes(chunk, Infinity));
      await write(this.database, chunk);
    }
  }

  chunks(prefix: string): AsyncGenerator<readonly StoreRecord[]> {
    return chunksOf(this.database, prefix);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.database.close();
  }
}

/** What `RecordStore.replace` asks of its caller, in this order. */
export interface ReplaceSteps {
  /** About how much larger than the present file the new one may become. */
  readonly addedBytes: number;
  /** Writes the records. What is committed meanwhile is written after them. */
  readonly fill: (replacement: StoreReplacement) => Promise<void>;
  /** Runs the job while no commit is in flight and none begins. */
  readonly alone: (job: () => Promise<void>) => Promise<void>;
  /** The last records. @param removed whether something was removed since `fill` began, and so lies in the new file's free space */
  readonly settle: (removed: boolean) => readonly Change[];
}

/** Keys that were committed while a replacement is being written, to be written into it too. */
interface Journal {
  readonly keys: Set<string>;
  removed: boolean;
}

/** Of a replacement that did not take its place. */
const leftovers = (path: string): string[] => [path, `${path}-lock`];

const pathOf = (dir: string, { file }: StoreKind): string => join(dir, `${file}.mdb`);
const nextPathOf = (dir: string, { file }: StoreKind): string => join(dir, `${file}.next.mdb`);

function damagedStore(dir: string, kind: StoreKind, reason: string): StoreOpenError {
  return new StoreOpenError(`The ${kind.name} in ${dir} is damaged (${reason}): ${kind.whenDamaged}`);
}

export class RecordStore {
  #database: Database;
  #journal: Journal | undefined;
  #adopting: Promise<void> | undefined;
  #broken: unknown;
  #isClosed = false;
  /** The file was closed and could not be opened again. */
  #isLost = false;
  readonly #path: string;
  readonly #nextPath: string;

  private constructor(
    readonly dir: string,
    private readonly kind: StoreKind,
    private readonly lock: DirectoryLock,
  ) {
    this.#path = pathOf(dir, kind);
    this.#nextPath = nextPathOf(dir, kind);
    this.#database = openDatabase(this.#path);
  }

  /** @param dir of the store's own; made when it is not there @throws StoreOpenError with one line that tells what to do */
  static open(dir: string, kind: StoreKind): RecordStore {
    const path = pathOf(dir, kind);
    let lock: DirectoryLock | undefined;
    try {
      makeFolder(dir, 0o700);
      lock = DirectoryLock.take(dir, kind.name);
      for (const left of leftovers(nextPathOf(dir, kind))) rmSync(left, { force: true });
      const damage = damageOf(path);
      if (damage !== undefined) throw damagedStore(dir, kind, damage);
      if (existsSync(path)) {
        accessSync(path, constants.W_OK);
        // Made before this was asked for, or copied here; another user's file is that user's business.
        if (statSync(path).uid === process.getuid?.()) chmodSync(path, FILE_MODE);
      }
      const isNew = !existsSync(path);
      const store = new RecordStore(dir, kind, lock);
      // The file's name must outlive a power cut as its content does.
      if (isNew) syncFolder(dir);
      return store;
    } catch (error) {
      lock?.release();
      if (error instanceof StoreOpenError) throw error;
      // The system's errors have a name for a code, LMDB's a number.
      const { code, message } = error as NodeJS.ErrnoException;
      if (typeof code !== 'string') throw damagedStore(dir, kind, message);
      throw new StoreOpenError(
        `The ${kind.name} directory ${dir} cannot be created or written (${code}): give this user the right to write there, or name another data directory (ONLOOKER_DATA_DIR).`,
        { cause: error },
      );
    }
  }

  /** @param reason in a few words, without names */
  damaged(reason: string): StoreOpenError {
    return damagedStore(this.dir, this.kind, reason);
  }

  /** What a store of a later layout is refused with. */
  newer(schema: number, known: number): StoreOpenError {
    return new StoreOpenError(
      `The ${this.kind.name} in ${this.dir} was written by a newer version of Onlooker (schema ${schema}, this one knows ${known}): run that version, or name another data directory.`,
    );
  }

  /** How many records there are, whatever their keys. */
  get count(): number {
    return (this.#open.getStats() as { entryCount: number }).entryCount;
  }

  get(key: string): Buffer | undefined {
    return this.#open.get(key);
  }

  chunks(prefix: string): AsyncGenerator<readonly StoreRecord[]> {
    return chunksOf(this.#open, prefix);
  }

  /**
   * Reads at any time, also while the file is being replaced: it waits for the moment in which there is none.
   * @throws OnlookerError DRAINING when the store is closed
   */
  async read<T>(job: (reader: StoreReader) => T): Promise<T> {
    // Its failure is told to who replaces.
    while (this.#adopting !== undefined) await this.#adopting.catch(() => undefined);
    // A closed file must not be read: LMDB would read memory that is not mapped any more.
    if (this.#isClosed) throw new OnlookerError('DRAINING', `The ${this.kind.name} is closed.`);
    const database = this.#open;
    return job({
      get: (key) => database.get(key),
      range: (range) => rangeOf(database, range),
      keys: (range) => [...database.getKeys({ ...range })],
      countOf: (prefix) => database.getKeysCount({ start: prefix, end: prefixEnd(prefix) }),
    });
  }

  view(): StoreView {
    const transaction = this.#open.useReadTransaction();
    return {
      chunks: (prefix) => chunksOf(this.#open, prefix, transaction),
      release: () => transaction.done(),
    };
  }

  /**
   * One transaction; resolves when it is on disk. Commits must not overlap.
   * @throws OnlookerError DISK_FULL when it is nearly so, INTERNAL when a commit has failed; nothing is changed then
   */
  async commit(changes: readonly Change[]): Promise<void> {
    await this.#needWritable(writtenBytes(changes, statSync(this.#path).size));
    try {
      await write(this.#open, changes);
    } catch (error) {
      this.#broken = error;
      throw error;
    }
    for (const { key, value } of changes) {
      this.#journal?.keys.add(key);
      if (value === null && this.#journal !== undefined) this.#journal.removed = true;
    }
  }

  /**
   * Writes a new store beside this one and puts it in this one's place. Commits may go on meanwhile.
   * @throws what the steps throw; then the store is what it was
   */
  async replace(steps: ReplaceSteps): Promise<void> {
    await this.#needWritable(statSync(this.#path).size + steps.addedBytes);
    const journal: Journal = { keys: new Set(), removed: false };
    this.#journal = journal;
    const replacement = new StoreReplacement(openDatabase(this.#nextPath, true), (bytes) =>
      needFreeBytes(this.dir, bytes, this.kind.name),
    );
    // Held open until it is replaced: the last one to let go of a large file frees its blocks, which takes long, and
    // closing does that on another thread where renaming would do it on this one.
    const present = await openFile(this.#path, 'r');
    try {
      await steps.fill(replacement);
      for (let round = 0; round < CATCH_UP_ROUNDS && journal.keys.size > CHUNK_RECORDS; round++) {
        await this.#catchUp(replacement, journal.keys);
      }
      // Most of it goes to the disk now, so that commits wait only for the rest.
      await syncToDisk(this.#nextPath);
      await steps.alone(async () => {
        await this.#catchUp(replacement, journal.keys);
        await replacement.write(steps.settle(journal.removed));
        await replacement.close();
        await syncToDisk(this.#nextPath);
        this.#adopting = this.#adoptReplacement();
        try {
          await this.#adopting;
        } finally {
          this.#adopting = undefined;
        }
      });
    } finally {
      this.#journal = undefined;
      await replacement.close();
      await Promise.all(leftovers(this.#nextPath).map((path) => rm(path, { force: true })));
      await present.close();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (!this.#isLost) await this.#database.close();
    this.lock.release();
  }

  /** Writes the present values of these keys. A key that is committed again meanwhile comes again. */
  async #catchUp(replacement: StoreReplacement, journaled: Set<string>): Promise<void> {
    const keys = [...journaled];
    journaled.clear();
    for (let at = 0; at < keys.length; at += CHUNK_RECORDS) {
      const chunk = keys.slice(at, at + CHUNK_RECORDS);
      await replacement.write(chunk.map((key) => ({ key, value: this.#copyOf(key) })));
    }
  }

  #copyOf(key: string): Buffer | null {
    const value = this.#database.get(key);
    return value === undefined ? null : Buffer.from(value);
  }

  /** The rename is the moment: before it the old file is the store, after it the new one. */
  async #adoptReplacement(): Promise<void> {
    await this.#database.close();
    try {
      renameSync(this.#nextPath, this.#path);
    } finally {
      this.#reopen();
    }
    try {
      await syncToDisk(this.dir);
    } catch (error) {
      // Which of the two files will be there after a power cut is not known any more.
      this.#broken = error;
      throw error;
    }
  }

  #reopen(): void {
    try {
      this.#database = openDatabase(this.#path);
    } catch (error) {
      // Nothing may be asked of the closed one.
      this.#broken = error;
      this.#isLost = true;
      throw error;
    }
  }

  /** @throws OnlookerError INTERNAL where the file could not be opened again */
  get #open(): Database {
    if (!this.#isLost) return this.#database;
    throw new OnlookerError('INTERNAL', `The ${this.kind.name} could not be opened again: restart the service.`);
  }

  async #needWritable(more: number): Promise<void> {
    if (this.#broken !== undefined) {
      const message = `The ${this.kind.name} cannot be written since an earlier write failed: restart the service.`;
      throw new OnlookerError('INTERNAL', message, undefined, { cause: this.#broken });
    }
    await needFreeBytes(this.dir, FREE_BYTES_MIN + more, this.kind.name);
  }
}
