// Files reach the cache whole and checked, or not at all, whatever the network and the disk do.
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile, mkdir } from 'node:fs/promises';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { create } from 'tar';
import { cachedPath } from '../../models/cache.js';
import { sha256OfBytes } from '../../models/hash.js';
import { ensureFiles, type FileSet } from '../../models/pack-files.js';
import { unpackWanted } from '../../models/sources/archive.js';
import { serveFiles, type FileServer, type Served } from './file-server.js';

const content = randomBytes(300_000);
const sha256 = sha256OfBytes(content);

let folder: string;
let cacheDir: string;
let files: Map<string, Served>;
let server: FileServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-fetch-'));
  cacheDir = join(folder, 'cache');
  files = new Map();
  server = await serveFiles(files);
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

function webSet(expected = sha256): FileSet {
  return {
    sources: { web: { from: `${server.origin}/model.onnx` } },
    files: [{ source: 'web', sha256: expected, bytes: content.byteLength }],
    folder,
  };
}

async function isCached(): Promise<boolean> {
  return readFile(cachedPath(cacheDir, sha256)).then(
    (bytes) => bytes.equals(content),
    () => false,
  );
}

test('a file is fetched once, with progress, and leaves nothing but itself', async () => {
  files.set('/model.onnx', { content });
  const received: number[] = [];
  await ensureFiles(webSet(), { cacheDir, onProgress: ({ receivedBytes }) => received.push(receivedBytes) });
  await ensureFiles(webSet(), { cacheDir });
  expect(await isCached()).toBe(true);
  expect(server.requests).toHaveLength(1);
  expect(received.at(-1)).toBe(content.byteLength);
  expect(await readdir(join(cacheDir, 'work'))).toEqual([]);
});

test('a wrong hash is refused with both hashes told, and nothing is kept', async () => {
  const expected = 'ab'.repeat(32);
  files.set('/model.onnx', { content });
  const error: unknown = await ensureFiles(webSet(expected), { cacheDir }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'WRONG_HASH' });
  expect(String(error)).toContain(expected);
  expect(String(error)).toContain(sha256);
  expect(await readdir(cacheDir)).toEqual(['work']);
  expect(await readdir(join(cacheDir, 'work'))).toEqual([]);
});

test('a filled cache is only read: no request, no lock, no folder', async () => {
  files.set('/model.onnx', { content });
  await ensureFiles(webSet(), { cacheDir });
  await server.close();
  await rm(join(cacheDir, 'work'), { recursive: true });
  await ensureFiles(webSet(), { cacheDir, offline: true });
  expect(await readdir(cacheDir)).toEqual(['sha256']);
});

test('a damaged file is noticed, told and fetched again', async () => {
  files.set('/model.onnx', { content });
  await ensureFiles(webSet(), { cacheDir });
  await writeFile(cachedPath(cacheDir, sha256), content.subarray(1));
  const warnings: string[] = [];
  await ensureFiles(webSet(), { cacheDir, onWarning: (line) => warnings.push(line) });
  expect(await isCached()).toBe(true);
  expect(warnings).toEqual([expect.stringContaining('is damaged; it is fetched again')]);
});

test('offline, a damaged file and a missing one are refused by name', async () => {
  await expect(ensureFiles(webSet(), { cacheDir, offline: true })).rejects.toMatchObject({ code: 'OFFLINE' });
  const path = cachedPath(cacheDir, sha256);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, 'rot');
  const error: unknown = await ensureFiles(webSet(), { cacheDir, offline: true }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'CORRUPT_CACHE' });
  for (const part of [path, sha256, sha256OfBytes(Buffer.from('rot'))]) expect(String(error)).toContain(part);
});

test('a download that breaks off is taken up where it stopped', async () => {
  files.set('/model.onnx', { content, cutAfterBytes: 100_000, cuts: 2 });
  await ensureFiles(webSet(), { cacheDir });
  expect(await isCached()).toBe(true);
  expect(server.requests.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', 'bytes=200000-']);
});

test('what a run that gave up has received serves the next run', async () => {
  files.set('/model.onnx', { content, cutAfterBytes: 10_000, cuts: 4 });
  await expect(ensureFiles(webSet(), { cacheDir })).rejects.toMatchObject({ code: 'FETCH_FAILED' });
  expect(await isCached()).toBe(false);
  await ensureFiles(webSet(), { cacheDir });
  expect(await isCached()).toBe(true);
  expect(server.requests.at(-1)?.range).toBe('bytes=40000-');
});

test('a server that knows no ranges is asked for the whole again', async () => {
  files.set('/model.onnx', { content, cutAfterBytes: 100_000, cuts: 1, acceptsRanges: false });
  await ensureFiles(webSet(), { cacheDir });
  expect(await isCached()).toBe(true);
});

test('the rest of another file is thrown away and the download begins afresh', async () => {
  files.set('/model.onnx', { content: randomBytes(300_000), cutAfterBytes: 10_000, cuts: 4 });
  await expect(ensureFiles(webSet(), { cacheDir })).rejects.toMatchObject({ code: 'FETCH_FAILED' });
  files.set('/model.onnx', { content });
  await ensureFiles(webSet(), { cacheDir });
  expect(await isCached()).toBe(true);
});

test('an address that does not exist is told in one line', async () => {
  await expect(ensureFiles(webSet(), { cacheDir })).rejects.toThrow(/model\.onnx could not be fetched: 404/);
});

test('fetching can be given up', async () => {
  files.set('/model.onnx', { content, pauseMs: 10_000 });
  const stop = new AbortController();
  const running = ensureFiles(webSet(), { cacheDir, signal: stop.signal, onProgress: () => stop.abort() });
  await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
});

test('a cache that cannot be written is told', async () => {
  await writeFile(cacheDir, 'a file where the folder should be');
  await expect(ensureFiles(webSet(), { cacheDir })).rejects.toMatchObject({ code: 'CACHE_UNUSABLE' });
  await rm(cacheDir);
  await mkdir(cacheDir);
  await writeFile(join(cacheDir, 'sha256'), 'the same where the fetched files should be');
  files.set('/model.onnx', { content });
  await expect(ensureFiles(webSet(), { cacheDir })).rejects.toMatchObject({ code: 'CACHE_UNUSABLE' });
});

test('processes that want the same file at once fetch it once', async () => {
  files.set('/model.onnx', { content, pauseMs: 400 });
  const module = fileURLToPath(new URL('../../dist/models/pack-files.js', import.meta.url));
  const script = `
    const { ensureFiles } = await import(${JSON.stringify(module)});
    await ensureFiles(${JSON.stringify(webSet())}, { cacheDir: ${JSON.stringify(cacheDir)} });`;
  const run = () =>
    new Promise<number | null>((resolve) => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
      child.on('exit', resolve);
    });
  expect(await Promise.all([run(), run(), run()])).toEqual([0, 0, 0]);
  expect(await isCached()).toBe(true);
  expect(server.requests).toHaveLength(1);
});

test('files come out of an archive whose integrity is right, and of no other', async () => {
  await mkdir(join(folder, 'pack'));
  await writeFile(join(folder, 'pack', 'model.onnx'), content);
  await create({ gzip: true, cwd: folder, file: join(folder, 'pack.tgz') }, ['pack']);
  const archive = await readFile(join(folder, 'pack.tgz'));
  files.set('/pack.tgz', { content: archive });
  const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
  const set = (from: string, value: string, path = 'pack/model.onnx'): FileSet => ({
    sources: { web: { from, integrity: value } },
    files: [{ source: 'web', path, sha256, bytes: content.byteLength }],
    folder,
  });
  const wrong = integrity.replace(/^sha512-.{10}/, 'sha512-AAAAAAAAAA');
  for (const from of [`${server.origin}/pack.tgz`, 'file:pack.tgz']) {
    const error: unknown = await ensureFiles(set(from, wrong), { cacheDir }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'WRONG_HASH' });
    expect(String(error)).toContain(integrity);
    expect(String(error)).toContain(wrong);
    await expect(ensureFiles(set(from, integrity, 'pack/other.onnx'), { cacheDir })).rejects.toThrow(/no pack\/other\.onnx in/);
    await ensureFiles(set(from, integrity), { cacheDir });
    expect(await isCached()).toBe(true);
    await rm(cacheDir, { recursive: true });
  }
});

test('a file of this machine is copied, by a path relative to the manifest, and needs no network', async () => {
  await mkdir(join(folder, 'mine'));
  await writeFile(join(folder, 'mine', 'model.onnx'), content);
  const set = (from: string, path?: string): FileSet => ({
    sources: { mine: { from } },
    files: [{ source: 'mine', sha256, bytes: content.byteLength, ...(path === undefined ? {} : { path }) }],
    folder,
  });
  await ensureFiles(set('file:mine', 'model.onnx'), { cacheDir, offline: true });
  expect(await isCached()).toBe(true);
  await rm(cacheDir, { recursive: true });
  await ensureFiles(set(`file:${join(folder, 'mine', 'model.onnx')}`), { cacheDir });
  expect(await isCached()).toBe(true);
  expect((await stat(join(folder, 'mine', 'model.onnx'))).size).toBe(content.byteLength);
  await expect(ensureFiles({ ...set('file:gone.onnx'), folder: cacheDir }, { cacheDir: join(folder, 'b') })).rejects.toThrow(
    /gone\.onnx/,
  );
});

test('a folder that cannot be made is told, and not tried for ever', async () => {
  files.set('/model.onnx', { content });
  await symlink(join(folder, 'nowhere'), join(folder, 'link'));
  const wrong = [
    join(folder, 'link'),
    join(folder, 'link', 'models'),
    ...(existsSync('/proc/self') ? ['/proc/onlooker/models'] : []),
  ];
  for (const unusable of wrong) {
    await expect(ensureFiles(webSet(), { cacheDir: unusable })).rejects.toMatchObject({ code: 'CACHE_UNUSABLE' });
  }
});

/** An archive of more than goes through any buffer. */
async function largeArchive(): Promise<{ archive: Buffer; file: FileSet['files'][number] }> {
  const large = randomBytes(3_000_000);
  await writeFile(join(folder, 'large.onnx'), large);
  await create({ gzip: true, cwd: folder, file: join(folder, 'large.tgz') }, ['large.onnx']);
  const file = { source: 'web', path: 'large.onnx', sha256: sha256OfBytes(large), bytes: large.byteLength };
  return { archive: await readFile(join(folder, 'large.tgz')), file };
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
  await Promise.resolve();
}

test('unpacking ends where what comes out of the archive cannot be written', async () => {
  const { archive, file } = await largeArchive();
  const job = { source: { from: 'file:large.tgz' }, files: [file], folder: join(folder, 'gone'), manifestFolder: folder };
  const unpacking = unpackWanted(inPieces(archive), { ...job, onProgress: () => undefined }, 0);
  await expect(unpacking).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a file in an archive of another size than its manifest says is refused before it is written', async () => {
  const { archive, file } = await largeArchive();
  files.set('/large.tgz', { content: archive });
  const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
  const set: FileSet = {
    sources: { web: { from: `${server.origin}/large.tgz`, integrity } },
    files: [{ ...file, bytes: 1000 }],
    folder,
  };
  await expect(ensureFiles(set, { cacheDir })).rejects.toThrow(
    /large\.onnx is refused: its manifest says 1000 bytes, it has 3000000/,
  );
});

test('a server that sends more than the manifest says is not listened to, whether it tells so before or not', async () => {
  for (const chunked of [false, true]) {
    files.set('/model.onnx', { content: Buffer.concat([content, randomBytes(1_000_000)]), chunked });
    await expect(ensureFiles(webSet(), { cacheDir })).rejects.toThrow(/refused: it has more than the 300000 bytes/);
  }
  expect(server.requests).toHaveLength(2);
  files.set('/model.onnx', { content });
  await ensureFiles(webSet(), { cacheDir });
  expect(await isCached()).toBe(true);
});

test('a server that knows no range of a file, and not the whole either, is told as what it is', async () => {
  files.set('/model.onnx', { content, status: 416 });
  await expect(ensureFiles(webSet(), { cacheDir })).rejects.toMatchObject({ code: 'FETCH_FAILED' });
  files.set('/model.onnx', { content, cutAfterBytes: 10_000, cuts: 4 });
  await expect(ensureFiles(webSet(), { cacheDir })).rejects.toMatchObject({ code: 'FETCH_FAILED' });
  files.set('/model.onnx', { content, status: 416 });
  await expect(ensureFiles(webSet(), { cacheDir })).rejects.toThrow(/could not be fetched: 416/);
});
