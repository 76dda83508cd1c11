// The service's own folder of models: what clients give it file by file, and what it fetches. A version is seen there once it is whole,
// has been read and can be served; until then its files lie beside, under a name that nobody looks at.
import { createWriteStream } from 'node:fs';
import { copyFile, link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { makeFolder } from '../../models/make-folder.js';
import { systemCodeOf } from '../../models/model-error.js';
import {
  checkedName,
  filesOfFolder,
  MODEL_FILE_NAMES,
  SIDE_FILE_NAMES,
  type ServedFiles,
} from '../../models/served/model-folders.js';
import { diskFull, isDiskFull } from '../../pipeline/store/disk-space.js';
import { OnlookerError } from '../../protocol/errors.js';

const INCOMING = '.incoming-';
/** Versions whose files come at once; one more takes the place of the one that was begun first. */
const MOST_INCOMING = 8;

export class OwnModels {
  readonly #root: string;
  /** Folders whose files come, oldest first. */
  readonly #incoming = new Set<string>();

  private constructor(root: string) {
    this.#root = root;
  }

  /** What was left unfinished before is taken away. */
  static async open(root: string): Promise<OwnModels> {
    for (const entry of await readdir(root).catch(() => [])) {
      if (entry.startsWith(INCOMING)) await rm(join(root, entry), { recursive: true, force: true });
    }
    return new OwnModels(root);
  }

  /**
   * Takes one file of a version that is not there yet; the same file again replaces it.
   * @param file as in a model's folder: `model.onnx`, `classes.txt`, …
   * @throws OnlookerError BAD_MESSAGE for another name, CONFLICT where the version is there, DISK_FULL; what the stream fails with
   */
  async take(name: string, version: string, file: string, content: Readable): Promise<void> {
    const known: readonly string[] = [...MODEL_FILE_NAMES, ...SIDE_FILE_NAMES];
    if (!known.includes(file)) throw new OnlookerError('BAD_MESSAGE', `file: must be one of ${known.join(', ')}`);
    const folder = await this.#begun(name, version);
    const part = join(folder, `${file}.partial`);
    try {
      await pipeline(content, createWriteStream(part));
      // A model is one file: what was sent before under another name would be a second one.
      if (MODEL_FILE_NAMES.includes(file)) for (const other of MODEL_FILE_NAMES) await rm(join(folder, other), { force: true });
      await rename(part, join(folder, file));
    } catch (error) {
      await rm(part, { force: true });
      throw isDiskFull(systemCodeOf(error)) ? diskFull('models') : error;
    }
  }

  /**
   * The files that have come are all of the version.
   * @param check whether it can be served; what it throws leaves the files where they are, so that one of them can be sent anew
   * @throws OnlookerError NOT_FOUND where nothing has come, CONFLICT; ModelError where there is no model file
   */
  async finish(name: string, version: string, check: (files: ServedFiles) => Promise<void>): Promise<void> {
    const folder = this.#incomingFolder(name, version);
    if (!this.#incoming.has(folder)) throw new OnlookerError('NOT_FOUND', `No file of ${name}@${version} has come.`);
    await check(await filesOfFolder(folder, name, version));
    await this.#intoPlace(folder, name, version);
    this.#incoming.delete(folder);
  }

  /** A version that lies elsewhere, under this folder too. @throws OnlookerError CONFLICT, DISK_FULL */
  async adopt(files: ServedFiles): Promise<void> {
    const folder = await this.#begun(files.name, files.version);
    try {
      for (const path of [files.model.path, files.classes, files.thresholds, files.manifest]) {
        if (path !== undefined)
          await linkedOrCopied(path, join(folder, path === files.model.path ? files.model.fileName : lastOf(path)));
      }
      await this.#intoPlace(folder, files.name, files.version);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw isDiskFull(systemCodeOf(error)) ? diskFull('models') : error;
    } finally {
      this.#incoming.delete(folder);
    }
  }

  /** @throws OnlookerError NOT_FOUND where it is none of its own */
  async remove(name: string, version: string): Promise<void> {
    const folder = this.#folderOf(name, version);
    const gone = join(this.#root, `${INCOMING}removed-${name}-${version}`);
    try {
      // At once, and not file by file.
      await rename(folder, gone);
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
      throw new OnlookerError('NOT_FOUND', `The service has no ${name}@${version} of its own.`);
    }
    await rm(gone, { recursive: true, force: true });
  }

  async #begun(name: string, version: string): Promise<string> {
    const there = await stat(this.#folderOf(name, version)).catch(() => null);
    if (there !== null)
      throw new OnlookerError('CONFLICT', `${name}@${version} is there already: what is new needs another version.`);
    const folder = this.#incomingFolder(name, version);
    if (!this.#incoming.has(folder) && this.#incoming.size >= MOST_INCOMING) {
      const [oldest = ''] = this.#incoming;
      this.#incoming.delete(oldest);
      await rm(oldest, { recursive: true, force: true });
    }
    this.#incoming.add(folder);
    await mkdir(folder, { recursive: true });
    return folder;
  }

  async #intoPlace(folder: string, name: string, version: string): Promise<void> {
    const place = this.#folderOf(name, version);
    makeFolder(dirname(place));
    try {
      await rename(folder, place);
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes(systemCodeOf(error) ?? '')) throw error;
      throw new OnlookerError('CONFLICT', `${name}@${version} is there already: what is new needs another version.`);
    }
  }

  #folderOf(name: string, version: string): string {
    return join(this.#root, checked(name, 'name'), checked(version, 'version'));
  }

  #incomingFolder(name: string, version: string): string {
    return join(this.#root, `${INCOMING}${checked(name, 'name')}@${checked(version, 'version')}`);
  }
}

function checked(text: string, what: 'name' | 'version'): string {
  try {
    return checkedName(text, what);
  } catch (error) {
    throw new OnlookerError('BAD_MESSAGE', (error as Error).message);
  }
}

const lastOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

async function linkedOrCopied(from: string, to: string): Promise<void> {
  await rm(to, { force: true });
  await link(from, to).catch(() => copyFile(from, to));
}
