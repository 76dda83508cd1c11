// Models out of npm packages come through the user's own npm settings, from whatever registry those name.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { create } from 'tar';
import { cachedPath } from '../../models/cache.js';
import { sha256OfBytes } from '../../models/hash.js';
import { ensureFiles, type FileSet } from '../../models/pack-files.js';
import { preparePack } from '../../models/pack.js';
import { cacheDir as filledCache, defaultPack } from '../fixtures.js';
import { serveFiles, type FileServer, type Served } from './file-server.js';

const content = randomBytes(50_000);
const sha256 = sha256OfBytes(content);

let folder: string;
let cacheDir: string;
let registry: FileServer;
let integrity: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-npm-'));
  cacheDir = join(folder, 'cache');
  await mkdir(join(folder, 'package', 'model'), { recursive: true });
  await writeFile(join(folder, 'package', 'model', 'a.onnx'), content);
  await writeFile(
    join(folder, 'package', 'package.json'),
    JSON.stringify({ name: '@mine/models', version: '1.2.3', scripts: { install: 'exit 1' }, dependencies: { absent: '1.0.0' } }),
  );
  await create({ gzip: true, cwd: folder, file: join(folder, 'package.tgz') }, ['package']);
  const tarball = await readFile(join(folder, 'package.tgz'));
  integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const files = new Map<string, Served>([['/models.tgz', { content: tarball }]]);
  registry = await serveFiles(files);
  const dist = { tarball: `${registry.origin}/models.tgz`, integrity };
  const versions = { '1.2.3': { name: '@mine/models', version: '1.2.3', dist } };
  files.set('/@mine/models', { content: Buffer.from(JSON.stringify({ name: '@mine/models', versions })) });

  await writeFile(
    join(folder, 'npmrc'),
    `@mine:registry=${registry.origin}/\n//${new URL(registry.origin).host}/:_authToken=secret\n`,
  );
  vi.stubEnv('npm_config_userconfig', join(folder, 'npmrc'));
  vi.stubEnv('npm_config_cache', join(folder, 'npm'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

function npmSet(expected: string): FileSet {
  return {
    sources: { mine: { from: 'npm:@mine/models@1.2.3', integrity: expected } },
    files: [{ source: 'mine', path: 'model/a.onnx', sha256, bytes: content.byteLength }],
    folder,
  };
}

test('the tarball alone is fetched, from the registry and with the key of the user config', async () => {
  await ensureFiles(npmSet(integrity), { cacheDir });
  expect(sha256OfBytes(await readFile(cachedPath(cacheDir, sha256)))).toBe(sha256);
  expect(registry.requests.map(({ path }) => path)).toEqual(['/@mine/models', '/models.tgz']);
  expect(registry.requests.every(({ authorization }) => authorization === 'Bearer secret')).toBe(true);
});

test('a tarball of another integrity is refused with both told', async () => {
  const expected = integrity.replace(/^sha512-.{10}/, 'sha512-AAAAAAAAAA');
  const error: unknown = await ensureFiles(npmSet(expected), { cacheDir }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'WRONG_HASH' });
  expect(String(error)).toContain(expected);
  expect(String(error)).toContain(integrity);
});

test('a registry that cannot be reached stops an empty cache in one line and a filled one not at all', async () => {
  await defaultPack();
  await registry.close();
  await writeFile(join(folder, 'npmrc'), `registry=${registry.origin}/\nfetch-retries=0\n`);
  await expect(preparePack({ pack: 'default', cacheDir })).rejects.toThrow(
    /^npm:face-recognition-plugin@1\.0\.9 could not be fetched: .*ECONNREFUSED/,
  );
  const pack = await preparePack({ pack: 'default', cacheDir: filledCache });
  expect(pack.detector.id).toBe('default/fr_detect');
});
