// A small file that several processes may change: the service, and the command line on the same machine. Secrets' hashes, say.
// Written whole and by rename, readable by its owner alone, under a lock while it is changed. Changes of others are seen by
// `refresh`; what is read is checked, since people edit files.
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { lock } from 'proper-lockfile';
import writeFileAtomic from 'write-file-atomic';
import type { z } from 'zod';
import { systemCodeOf } from '../models/model-error.js';
import { diskFull, isDiskFull } from '../pipeline/store/disk-space.js';
import { SerialQueue } from '../pipeline/store/serial-queue.js';
import { needDataFolder, notWritable } from './data-folder.js';
import { StartError } from './start-error.js';

const OWNER_ALONE = 0o600;
const LOCK_RETRIES = { retries: 50, minTimeout: 20, maxTimeout: 200 };

interface Read<T> {
  readonly value: T;
  readonly version: string;
}

export class JsonFile<T> {
  readonly #path: string;
  readonly #what: string;
  readonly #schema: z.ZodType<T>;
  readonly #changes = new SerialQueue();
  #value: T;
  #version: string;

  private constructor(path: string, what: string, schema: z.ZodType<T>, value: T, version: string) {
    this.#path = path;
    this.#what = what;
    this.#schema = schema;
    this.#value = value;
    this.#version = version;
  }

  /** @param what what is in it, as messages say @param empty what a file that is not there holds @throws StartError for one that cannot be read */
  static async open<T>(path: string, what: string, schema: z.ZodType<T>, empty: T): Promise<JsonFile<T>> {
    const file = new JsonFile(path, what, schema, empty, ABSENT);
    await file.refresh();
    return file;
  }

  get value(): T {
    return this.#value;
  }

  /** Takes in what others wrote. @returns whether there was anything @throws StartError; then what was known stays */
  async refresh(): Promise<boolean> {
    const before = this.#version;
    const read = await this.#readNewer();
    // A change of our own came in between: it began with what is there, and is newer than what was read here.
    if (read === null || this.#version !== before) return false;
    this.#take(read);
    return true;
  }

  /**
   * Changes what is there now, also when somebody else changed it meanwhile.
   * @returns what `change` gives beside the new value @throws StartError where the folder takes no files · OnlookerError DISK_FULL
   */
  update<R>(change: (value: T) => { readonly value: T; readonly result: R }): Promise<R> {
    return this.#changes.run(async () => {
      const folder = dirname(this.#path);
      await needDataFolder(folder);
      let release: (() => Promise<void>) | undefined;
      try {
        release = await lock(this.#path, { realpath: false, retries: LOCK_RETRIES, onCompromised: () => undefined });
        const read = await this.#readNewer();
        if (read !== null) this.#take(read);
        const { value, result } = change(this.#value);
        if (value !== this.#value) {
          await writeFileAtomic(this.#path, `${JSON.stringify(value, null, 1)}\n`, { mode: OWNER_ALONE });
          this.#take({ value, version: await versionOf(this.#path) });
        }
        return result;
      } catch (error) {
        // Asked for by somebody: a disk that is full is no fault of the service.
        throw isDiskFull(systemCodeOf(error)) ? diskFull(this.#what) : notWritable(folder, error);
      } finally {
        await release?.();
      }
    });
  }

  /** Settles when every change is on the disk. */
  close(): Promise<void> {
    return this.#changes.idle();
  }

  #take({ value, version }: Read<T>): void {
    this.#value = value;
    this.#version = version;
  }

  /** @returns null where nothing was written since, or the file is gone */
  async #readNewer(): Promise<Read<T> | null> {
    const version = await versionOf(this.#path);
    return version === this.#version || version === ABSENT ? null : { value: await this.#read(), version };
  }

  async #read(): Promise<T> {
    try {
      return this.#schema.parse(JSON.parse(await readFile(this.#path, 'utf8')));
    } catch (error) {
      throw new StartError(`${this.#path} cannot be read; put back a copy of it, or move it away`, { cause: error });
    }
  }
}

const ABSENT = 'absent';

/** Differs whenever the file was written: it is always replaced as a whole. */
async function versionOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw notWritable(dirname(path), error);
  });
  return found === null ? ABSENT : `${found.ino}-${found.size}-${found.mtimeNs}`;
}
