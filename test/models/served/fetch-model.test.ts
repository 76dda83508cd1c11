// A version of a model comes whole and checked into a folder of the cache, from wherever it is, or what was there stays.
import { randomBytes, createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sha256OfBytes } from '../../../models/hash.js';
import { fetchedRecord, fetchModel } from '../../../models/served/fetch-model.js';
import type { FetchModelOptions, ModelEntry } from '../../../models/served/model-entry.js';
import { listModels } from '../../../models/served/model-folders.js';
import { serveFiles, type FileServer, type Served } from '../file-server.js';
import { serveS3, type Answer, type S3Server } from './s3-server.js';

const content = randomBytes(300_000);
const sha256 = sha256OfBytes(content);

let folder: string;
let cacheDir: string;
let files: Map<string, Served>;
let web: FileServer;
let objects: Map<string, Uint8Array>;
let answer: Answer;
let store: S3Server;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-fetch-model-'));
  cacheDir = join(folder, 'cache');
  files = new Map();
  web = await serveFiles(files);
  objects = new Map();
  answer = () => false;
  store = await serveS3(objects, (...asked) => answer(...asked));
  for (const [name, value] of Object.entries(store.env)) vi.stubEnv(name, value);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([web.close(), store.close()]);
  await rm(folder, { recursive: true, force: true });
});

function entry(from: string, more: Partial<ModelEntry> = {}): ModelEntry {
  return { name: 'plants', version: '1.0.0', from, ...more };
}

async function fetch(from: string, more: Partial<ModelEntry> = {}, options: Partial<FetchModelOptions> = {}) {
  return fetchModel(entry(from, more), { cacheDir, ...options });
}

async function kept(name = 'model.onnx'): Promise<Buffer> {
  return readFile(join(cacheDir, 'served', 'plants', '1.0.0', name));
}

test('a folder of a bucket is fetched once, with its side files and a record of what came', async () => {
  objects.set('my.models/house plants+/v1/model.onnx', content);
  objects.set('my.models/house plants+/v1/classes.txt', Buffer.from('a\nb\n'));
  const from = 's3://my.models/house plants+/v1/';
  const received: number[] = [];
  const found = await fetch(from, {}, { onProgress: ({ receivedBytes }) => received.push(receivedBytes) });
  expect(found).toMatchObject({ name: 'plants', version: '1.0.0', model: { fileName: 'model.onnx' } });
  expect((await kept()).equals(content)).toBe(true);
  expect(String(await kept('classes.txt'))).toBe('a\nb\n');
  expect(received.at(-1)).toBe(content.length);
  expect(await fetchedRecord(cacheDir, 'plants', '1.0.0')).toEqual({
    from,
    files: {
      'model.onnx': { sha256, bytes: content.length },
      'classes.txt': { sha256: sha256OfBytes(Buffer.from('a\nb\n')), bytes: 4 },
    },
  });
  expect(await listModels(join(cacheDir, 'served'))).toEqual([{ name: 'plants', versions: ['1.0.0'] }]);
  const asked = store.requests.length;
  await fetch(from);
  await fetch(from, {}, { offline: true });
  expect(store.requests).toHaveLength(asked);
  // One content on the disk, under two names.
  const [a, b] = [await stat(found.model.path), await stat(join(cacheDir, 'sha256', sha256.slice(0, 2), sha256))];
  expect(a.ino).toBe(b.ino);
  expect(await readdir(join(cacheDir, 'work'))).toEqual([]);
});

test('an object of any name is the model, and the side files lie beside it', async () => {
  objects.set('models/deep/net-v3.h5.gz', content);
  objects.set('models/deep/manifest.json', Buffer.from('{}'));
  expect(await fetch('s3://models/deep/net-v3.h5.gz')).toMatchObject({ model: { fileName: 'model.h5.gz', compression: 'gzip' } });
  expect(store.requests.at(-1)).toBe('models/deep/net-v3.h5.gz');
  expect(String(await kept('manifest.json'))).toBe('{}');
});

test('a request that is not signed rightly is refused as that', async () => {
  objects.set('models/a/model.onnx', content);
  for (const [name, value] of [
    ['AWS_SECRET_ACCESS_KEY', 'wrong'],
    ['AWS_ACCESS_KEY_ID', 'another'],
    ['AWS_REGION', 'us-east-1'],
    ['AWS_SESSION_TOKEN', ''],
  ] as const) {
    vi.stubEnv(name, value);
    await expect(fetch('s3://models/a/')).rejects.toMatchObject({ code: 'FETCH_FAILED', status: 403 });
    vi.stubEnv(name, store.env[name]);
  }
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', '');
  await expect(fetch('s3://models/a/')).rejects.toThrow(/needs both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', store.env['AWS_SECRET_ACCESS_KEY']);
  vi.stubEnv('AWS_ENDPOINT_URL', 'minio:9000');
  await expect(fetch('s3://models/a/')).rejects.toThrow(/AWS_ENDPOINT_URL must be an address/);
  vi.stubEnv('AWS_ENDPOINT_URL', '');
  vi.stubEnv('AWS_ENDPOINT_URL_S3', `${store.endpoint}/`);
  await fetch('s3://models/a/');
  await expect(fetch('s3://A/x/', { version: '2' })).rejects.toThrow(/is no address of an object/);
});

/** Cuts the first `cuts` answers for an object after 100,000 bytes. */
function cutting(cuts: number): Answer {
  let count = 0;
  return (key, request, response) => {
    if (++count > cuts || !key.endsWith('.onnx')) return false;
    const object = objects.get(key) ?? content;
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const etag = `"${createHash('md5').update(object).digest('hex')}"`;
    response.writeHead(from > 0 ? 206 : 200, { etag, 'content-length': object.length - from });
    response.write(object.subarray(from, from + 100_000), () => setTimeout(() => response.destroy(), 50));
    return true;
  };
}

test('what breaks off is taken up where it stopped, though its hash is not known', async () => {
  objects.set('models/model.onnx', content);
  answer = cutting(2);
  await fetch('s3://models/model.onnx');
  expect((await kept()).equals(content)).toBe(true);
  const ranges = store.requests.filter((request) => request.startsWith('models/model.onnx'));
  expect(ranges).toEqual(['models/model.onnx', 'models/model.onnx bytes=100000-', 'models/model.onnx bytes=200000-']);
});

test('what has changed in between is fetched anew, in one run and in the next', async () => {
  objects.set('models/model.onnx', content);
  const changed = randomBytes(250_000);
  const cut = cutting(4);
  answer = (key, request, response) => {
    const done = cut(key, request, response);
    if (done) objects.set(key, changed);
    return done;
  };
  await fetch('s3://models/model.onnx').catch(() => undefined);
  answer = () => false;
  await fetch('s3://models/model.onnx');
  expect((await kept()).equals(changed)).toBe(true);
});

test('what a run that gave up has received serves the next, whole or in part', async () => {
  objects.set('models/model.onnx', content);
  answer = cutting(2);
  const smaller = { 'model.onnx': { bytes: content.length } };
  // In the third answer, when what came with the first two is on the disk.
  const stop = new AbortController();
  const onProgress = ({ receivedBytes }: { receivedBytes: number }): void => {
    if (receivedBytes > 200_000) stop.abort();
  };
  const giving = fetch('s3://models/model.onnx', { files: smaller }, { signal: stop.signal, onProgress });
  await expect(giving).rejects.toMatchObject({ code: 'ABORTED' });
  answer = () => false;
  store.requests.length = 0;
  await fetch('s3://models/model.onnx', { files: smaller });
  expect(store.requests.at(-1)).toMatch(/^models\/model\.onnx bytes=\d+-$/);
  expect((await kept()).equals(content)).toBe(true);
});

test('hash and size are looked at where they are known, and what was there stays', async () => {
  objects.set('models/model.onnx', content);
  await fetch('s3://models/model.onnx', { files: { 'model.onnx': { sha256, bytes: content.length } } });
  const wrong = 'ab'.repeat(32);
  await expect(fetch('s3://models/model.onnx', { files: { 'model.onnx': { sha256: wrong } } })).rejects.toMatchObject({
    code: 'WRONG_HASH',
    message: expect.stringMatching(`${wrong} but is ${sha256}`) as string,
  });
  objects.set('other/model.onnx', randomBytes(200));
  await expect(fetch('s3://other/model.onnx', { files: { 'model.onnx': { bytes: 100 } } })).rejects.toThrow(
    /more than the 100 bytes/,
  );
  await expect(fetch('s3://other/model.onnx', { files: { 'model.onnx': { bytes: 300 } } })).rejects.toThrow(
    /has 200 of the 300 bytes/,
  );
  await expect(fetch('s3://other/model.onnx', {}, { largestBytes: 150 })).rejects.toThrow(/refused: it has more than 150 bytes/);
  objects.set('other/classes.txt', Buffer.alloc((16 << 20) + 1));
  await expect(fetch('s3://other/model.onnx')).rejects.toThrow(/classes\.txt is refused: it has more than/);
  expect((await kept()).equals(content)).toBe(true);
  expect(await readdir(join(cacheDir, 'work'), { recursive: true })).not.toContainEqual(expect.stringContaining('partial'));
});

test('a source that tells no length is bounded too', async () => {
  files.set('/m/model.onnx', { content, chunked: true });
  await expect(fetch(`${web.origin}/m/`, {}, { largestBytes: 100_000 })).rejects.toThrow(
    /refused: it has more than 100000 bytes/,
  );
  await fetch(`${web.origin}/m/`);
  expect((await kept()).equals(content)).toBe(true);
});

test('a source that falls silent is told, before its answer and within it, and what was there stays', async () => {
  objects.set('models/model.onnx', content);
  await fetch('s3://models/model.onnx');
  objects.set('models/silent.onnx', content);
  const silent: Answer[] = [
    () => true,
    (key, _request, response) => {
      if (!key.endsWith('.onnx')) return false;
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 1000));
      return true;
    },
  ];
  for (const way of silent) {
    answer = way;
    await expect(fetch('s3://models/silent.onnx', {}, { stallMs: 150 })).rejects.toMatchObject({
      code: 'FETCH_FAILED',
      message: expect.stringMatching(/silent\.onnx could not be fetched: nothing came for 0\.15 s/) as string,
    });
  }
  expect((await kept()).equals(content)).toBe(true);
}, 60_000);

test('a folder on the web is fetched by the names that files have in it', async () => {
  files.set('/plants/model.onnx', { content });
  files.set('/plants/thresholds.csv', { content: Buffer.from('x') });
  await fetch(`${web.origin}/plants/`);
  expect(String(await kept('thresholds.csv'))).toBe('x');
  await expect(fetch(`${web.origin}/nothing/`, { version: '2' })).rejects.toThrow(
    /there is no model file at .*\/nothing\/: model\.onnx, /,
  );
  await expect(fetch(`${web.origin}/gone.onnx`, { version: '2' })).rejects.toThrow(/gone\.onnx could not be fetched: 404/);
  await expect(fetch(`${web.origin}/plants/model.pb`, { version: '2' })).rejects.toThrow(/is called neither \.onnx/);
  await expect(fetch(`${web.origin}/plants/`, { version: '2' }, { offline: true })).rejects.toMatchObject({ code: 'OFFLINE' });
  await expect(fetch(`${web.origin}/plants/`, { version: '../2' })).rejects.toMatchObject({ code: 'UNKNOWN_MODEL' });
});

test('an address with a signature of its own is that file alone', async () => {
  files.set('/plants/net.onnx?X-Amz-Signature=abc', { content });
  await fetch(`${web.origin}/plants/net.onnx?X-Amz-Signature=abc`);
  expect(web.requests.map(({ path }) => path)).toEqual(['/plants/net.onnx?X-Amz-Signature=abc']);
});

test('a folder or a file of this machine is copied, and needs no network', async () => {
  await mkdir(join(folder, 'mine'));
  await writeFile(join(folder, 'mine', 'model.onnx'), content);
  await writeFile(join(folder, 'mine', 'classes.txt'), 'a\n');
  await writeFile(join(folder, 'mine', 'notes.md'), 'not asked for');
  await fetch('file:mine', { folder }, { offline: true });
  expect((await readdir(join(cacheDir, 'served', 'plants', '1.0.0'))).sort()).toEqual([
    'classes.txt',
    'model.onnx',
    'source.json',
  ]);
  await fetch(`file:${join(folder, 'mine', 'model.onnx')}`, { version: '2' });
  expect(await listModels(join(cacheDir, 'served'))).toEqual([{ name: 'plants', versions: ['2', '1.0.0'] }]);
  await expect(fetch('file:gone', { folder, version: '3' })).rejects.toThrow(/gone could not be copied: ENOENT/);
});

test('a folder within an archive is taken out of it, and nothing else', async () => {
  await mkdir(join(folder, 'pack', 'nets'), { recursive: true });
  await writeFile(join(folder, 'pack', 'nets', 'model.onnx'), content);
  await writeFile(join(folder, 'pack', 'nets', 'classes.txt'), 'a\n');
  await writeFile(join(folder, 'pack', 'classes.txt'), 'of another');
  await create({ gzip: true, cwd: folder, file: join(folder, 'pack.tgz') }, ['pack']);
  const archive = await readFile(join(folder, 'pack.tgz'));
  files.set('/pack.tgz', { content: archive });
  const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
  await fetch(`${web.origin}/pack.tgz`, { path: 'pack/nets/', integrity });
  expect(String(await kept('classes.txt'))).toBe('a\n');
  await fetch('file:pack.tgz', { folder, path: 'pack/nets/model.onnx', version: '2' });
  const wrong = integrity.replace(/^sha512-.{10}/, 'sha512-AAAAAAAAAA');
  await expect(fetch('file:pack.tgz', { folder, path: 'pack/nets', integrity: wrong, version: '3' })).rejects.toMatchObject({
    code: 'WRONG_HASH',
  });
  await expect(fetch('file:pack.tgz', { folder, version: '3' })).rejects.toThrow(/there is no model file at file:pack\.tgz/);
  await expect(fetch('file:pack.tgz', { folder, path: 'pack/nets', version: '3' }, { largestBytes: 1000 })).rejects.toThrow(
    /more than 1000 bytes/,
  );
  await writeFile(join(folder, 'half.tgz'), archive.subarray(0, 100_000));
  await expect(fetch('file:half.tgz', { folder, path: 'pack/nets', version: '3' })).rejects.toMatchObject({
    code: 'FETCH_FAILED',
  });
});

test('a file that was damaged is fetched again', async () => {
  objects.set('models/model.onnx', content);
  const { model } = await fetch('s3://models/model.onnx');
  await writeFile(model.path, 'rot');
  await fetch('s3://models/model.onnx');
  expect((await kept()).equals(content)).toBe(true);
});
