// The gallery on disk: an LMDB file of records by key. It knows keys and bytes, not people; what is committed is
// durable. A deleted record lives on in the free space of the file's pages (LMDB's compacting copy keeps that too), so
// the file is replaced now and then by one that is written anew and takes its place by a single atomic rename.
import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { open as openFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { open, type RootDatabase, type Transaction } from 'lmdb';
import { OnlookerError } from '../../protocol/errors.js';
import { DirectoryLock } from './directory-lock.js';
import { damagedGallery, GalleryOpenError } from './gallery-open-error.js';
import { SPOOL_PREFIX } from './spool-file.js';
import { damageOf } from './store-file.js';

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

const FILE = 'gallery.mdb';
const NEXT_FILE = 'gallery.next.mdb';
/** Records read or written in one go: about a millisecond of the main thread. */
const CHUNK_RECORDS = 64;
/** LMDB 3.5.6 corrupts its memory when the disk is full, so it is never let to try. */
const FREE_BYTES_MIN = 32 * 1024 * 1024;

type Database = RootDatabase<Buffer, string>;

/**
 * Without overlapping syncs a commit is on disk when it is told: one promise, no second state to wait for.
 * @param noSync for a file that is synced as a whole in the end
 */
function openDatabase(path: string, noSync = false): Database {
  return open<Buffer, string>({ path, encoding: 'binary', overlappingSync: false, noSync });
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
  throw new Error('the gallery store cannot be written', { cause: await reason.commitError?.catch((error: unknown) => error) });
}

async function* chunksOf(database: Database, prefix: string, transaction?: Transaction): AsyncGenerator<readonly StoreRecord[]> {
  // ';' follows ':' in ASCII: the range holds what begins with the prefix.
  const end = `${prefix.slice(0, -1)};`;
  for (let start = prefix, exclusiveStart = false; ;) {
    const range = database.getRange({ start, end, exclusiveStart, limit: CHUNK_RECORDS, ...(transaction && { transaction }) });
    const records = [...range].map(({ key, value }) => ({ key, value: Buffer.from(value) }));
    const last = records.at(-1);
    if (last === undefined) return;
    yield records;
    start = last.key;
    exclusiveStart = true;
    await setImmediate();
  }
}

/** A store written beside the live one; nothing in it counts before it has taken that one's place. */
export class StoreReplacement {
  #closed = false;

  constructor(private readonly database: Database) {}

  async write(changes: readonly Change[]): Promise<void> {
    for (let at = 0; at < changes.length; at += CHUNK_RECORDS) await write(this.database, changes.slice(at, at + CHUNK_RECORDS));
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

/** What `GalleryStore.replace` asks of its caller, in this order. */
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

function removeReplacement(dir: string): void {
  for (const suffix of ['', '-lock']) rmSync(join(dir, NEXT_FILE + suffix), { force: true });
}

export class GalleryStore {
  #database: Database;
  /** What was committed while a replacement is being written, to be written into it too. */
  #journal: Change[] | undefined;
  #broken: unknown;

  private constructor(
    readonly dir: string,
    private readonly lock: DirectoryLock,
  ) {
    this.#database = openDatabase(join(dir, FILE));
  }

  /** @throws GalleryOpenError with one line that tells what to do */
  static open(dir: string): GalleryStore {
    const path = join(dir, FILE);
    let lock: DirectoryLock | undefined;
    try {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      lock = DirectoryLock.take(dir);
      removeReplacement(dir);
      for (const name of readdirSync(dir)) if (name.startsWith(SPOOL_PREFIX)) rmSync(join(dir, name));
      const damage = damageOf(path);
      if (damage !== undefined) throw damagedGallery(dir, damage);
      if (existsSync(path)) accessSync(path, constants.W_OK);
      return new GalleryStore(dir, lock);
    } catch (error) {
      lock?.release();
      if (error instanceof GalleryOpenError) throw error;
      // The system's errors have a name for a code, LMDB's a number.
      const { code, message } = error as NodeJS.ErrnoException;
      if (typeof code !== 'string') throw damagedGallery(dir, message);
      throw new GalleryOpenError(
        `The gallery directory ${dir} cannot be created or written (${code}): give this user the right to write there, or name another data directory.`,
        { cause: error },
      );
    }
  }

  /** How many records there are, whatever their keys. */
  get count(): number {
    return (this.#database.getStats() as { entryCount: number }).entryCount;
  }

  get(key: string): Buffer | undefined {
    return this.#database.get(key);
  }

  chunks(prefix: string): AsyncGenerator<readonly StoreRecord[]> {
    return chunksOf(this.#database, prefix);
  }

  view(): StoreView {
    const transaction = this.#database.useReadTransaction();
    return {
      chunks: (prefix) => chunksOf(this.#database, prefix, transaction),
      release: () => transaction.done(),
    };
  }

  /**
   * One transaction; resolves when it is on disk. Commits must not overlap.
   * @throws OnlookerError INTERNAL when the disk is (nearly) full or a commit has failed; nothing is changed then
   */
  async commit(changes: readonly Change[]): Promise<void> {
    await this.#needWritable(0);
    try {
      await write(this.#database, changes);
    } catch (error) {
      this.#broken = error;
      throw error;
    }
    this.#journal?.push(...changes);
  }

  /**
   * Writes a new store beside this one and puts it in this one's place. Commits may go on meanwhile.
   * @throws what the steps throw; then the store is what it was
   */
  async replace(steps: ReplaceSteps): Promise<void> {
    await this.#needWritable(statSync(join(this.dir, FILE)).size + steps.addedBytes);
    const journal: Change[] = [];
    this.#journal = journal;
    const replacement = new StoreReplacement(openDatabase(join(this.dir, NEXT_FILE), true));
    try {
      await steps.fill(replacement);
      await steps.alone(async () => {
        await replacement.write(journal);
        await replacement.write(steps.settle(journal.some((change) => change.value === null)));
        await replacement.close();
        await syncToDisk(join(this.dir, NEXT_FILE));
        await this.#adoptReplacement();
      });
    } finally {
      this.#journal = undefined;
      await replacement.close();
      removeReplacement(this.dir);
    }
  }

  async close(): Promise<void> {
    await this.#database.close();
    this.lock.release();
  }

  /** The rename is the moment: before it the old file is the store, after it the new one. */
  async #adoptReplacement(): Promise<void> {
    await this.#database.close();
    try {
      renameSync(join(this.dir, NEXT_FILE), join(this.dir, FILE));
    } finally {
      this.#database = openDatabase(join(this.dir, FILE));
    }
    try {
      await syncToDisk(this.dir);
    } catch (error) {
      // Which of the two files will be there after a power cut is not known any more.
      this.#broken = error;
      throw error;
    }
  }

  async #needWritable(more: number): Promise<void> {
    if (this.#broken !== undefined) {
      const message = 'The gallery cannot be written since an earlier write failed: restart the service.';
      throw new OnlookerError('INTERNAL', message, undefined, { cause: this.#broken });
    }
    const { bavail, bsize } = await statfs(this.dir);
    if (bavail * bsize >= FREE_BYTES_MIN + more) return;
    throw new OnlookerError(
      'INTERNAL',
      'The disk that holds the gallery is nearly full: nothing was changed. Free some space there.',
    );
  }
}
