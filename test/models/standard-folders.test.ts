// Where models and data go when nobody says, also for users who have no home.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dataFolder, modelsFolder } from '../../models/standard-folders.js';
import { temporaryDir } from '../tasks/faces/gallery/fixtures.js';

const isRoot = process.getuid?.() === 0;

test('a home that is one keeps both, by XDG first, and nothing is made by looking', () => {
  const home = temporaryDir();
  expect(modelsFolder({ HOME: home })).toEqual({ path: join(home, '.cache/onlooker/models') });
  expect(dataFolder({ HOME: home })).toEqual({ path: join(home, '.local/share/onlooker') });
  const xdg = { HOME: home, XDG_CACHE_HOME: join(home, 'c'), XDG_DATA_HOME: join(home, 'd') };
  expect(modelsFolder(xdg).path).toBe(join(home, 'c/onlooker/models'));
  expect(dataFolder(xdg).path).toBe(join(home, 'd/onlooker'));
  expect(existsSync(join(home, 'c'))).toBe(false);
  expect(modelsFolder({ ...xdg, XDG_CACHE_HOME: 'relative' }).path).toBe(join(home, '.cache/onlooker/models'));
});

test.each(['/dev/null', '/', '/proc/self', '/proc', '/sys', 'relative', '/dev/shm/../null'])(
  'without a home (HOME=%s) models go to the data folder that is configured, else among temporary files',
  (HOME) => {
    const data = temporaryDir();
    const withData = modelsFolder({ HOME }, data);
    expect(withData.path).toBe(join(data, 'models'));
    expect(withData.note).toContain('ONLOOKER_MODELS_DIR');
    expect(modelsFolder({ HOME }).path.startsWith(tmpdir())).toBe(true);
    expect(dataFolder({ HOME }).path).toBe('/var/lib/onlooker');
  },
);

test('a home that is a file, or lies below one, is none for models', () => {
  const file = join(temporaryDir(), 'file');
  writeFileSync(file, '');
  for (const HOME of [file, join(file, 'below')]) expect(modelsFolder({ HOME }).path.startsWith(tmpdir())).toBe(true);
});

test.skipIf(isRoot)('a home that cannot be written to is none, but a filled cache in it is read', () => {
  const home = temporaryDir();
  const cache = join(home, '.cache/onlooker/models');
  mkdirSync(join(cache, 'sha256'), { recursive: true });
  chmodSync(cache, 0o500);
  expect(modelsFolder({ HOME: home }).path).toBe(cache);
});
