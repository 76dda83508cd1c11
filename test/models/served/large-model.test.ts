// A large model comes, is unpacked and looked at in memory that does not grow with it. It is looked at in a process of its own, by the
// most memory that this ever had. ONLOOKER_TEST_LARGE=true takes 2 GB instead of 200 MB, which also have to fit on the disk.
import { spawn } from 'node:child_process';
import { createReadStream, statSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat, statfs } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeGzipModel, writeSparseModel, writeZstdModel } from './sparse-model.js';

const MODEL_BYTES = process.env['ONLOOKER_TEST_LARGE'] === 'true' ? 2_000_000_000 : 200_000_000;
/** Of chunks on their way, and of what the collector has not come to. */
const MOST_BYTES = 80_000_000;

let folder: string;
let server: Server;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-large-'));
  server = createServer((request, response) => {
    const path = join(folder, basename(request.url ?? ''));
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-length': size });
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

interface Found {
  readonly file: string;
  readonly bytes: number;
  /** The most that the process ever had. */
  readonly peakBytes: number;
}

/** Fetches and reads the files in that order in one process; the first is to warm it up. */
async function readInChild(files: readonly string[], shellPrefix = ''): Promise<{ found: Found[]; error: string }> {
  const module = (name: string): string =>
    JSON.stringify(fileURLToPath(new URL(`../../../dist/models/served/${name}.js`, import.meta.url)));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const script = `
    const { fetchModel } = await import(${module('fetch-model')});
    const { readServedModel } = await import(${module('read-served-model')});
    const cacheDir = ${JSON.stringify(join(folder, 'cache'))};
    const keras = { version: 1, convert: () => Promise.reject(new Error('no Keras file was expected')) };
    let version = 0;
    // Comes with the error where a file may not become larger; by itself it would end the process.
    process.on('SIGXFSZ', () => undefined);
    try {
      for (const file of ${JSON.stringify(files)}) {
        const entry = { name: 'large', version: String(++version), from: ${JSON.stringify(origin)} + '/' + file };
        const { bytes } = await readServedModel(await fetchModel(entry, { cacheDir }), { cacheDir, keras });
        console.log(JSON.stringify({ file, bytes, peakBytes: process.resourceUsage().maxRSS * 1024 }));
      }
    } catch (error) {
      console.log(JSON.stringify({ error: error.message }));
    }`;
  const command = `${shellPrefix}exec "$0" "$@"`;
  const child = spawn('/bin/sh', ['-c', command, process.execPath, '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += String(text)));
  await new Promise((resolve) => child.on('close', resolve));
  const lines = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Found & { error?: string });
  return { found: lines.filter((line) => line.error === undefined), error: lines.find((line) => line.error)?.error ?? '' };
}

test('memory does not grow with a model that is fetched, unpacked and looked at', async ({ skip }) => {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < 6 * MODEL_BYTES) skip('there is not enough room on the disk');
  const write = { '.onnx': writeSparseModel, '.onnx.gz': writeGzipModel, '.onnx.zst': writeZstdModel };
  for (const [ending, writing] of Object.entries(write)) {
    await writing(join(folder, `small${ending}`), 1_000_000);
    await writing(join(folder, `large${ending}`), MODEL_BYTES);
  }
  const endings = Object.keys(write);
  const { found, error } = await readInChild([
    ...endings.map((ending) => `small${ending}`),
    ...endings.map((ending) => `large${ending}`),
  ]);
  expect(error).toBe('');
  const warm = Math.max(...found.slice(0, 3).map(({ peakBytes }) => peakBytes));
  for (const { file, bytes, peakBytes } of found.slice(3)) {
    expect(bytes, file).toBeGreaterThan(MODEL_BYTES);
    expect(peakBytes - warm, file).toBeLessThan(MOST_BYTES);
  }
}, 600_000);

test('a disk that takes no more ends a download and an unpacking with one line, and nothing half-written stays', async () => {
  await writeSparseModel(join(folder, 'plain.onnx'), 30_000_000);
  await writeGzipModel(join(folder, 'packed.onnx.gz'), 30_000_000);
  for (const file of ['plain.onnx', 'packed.onnx.gz']) {
    // No file of this process may be larger than 10 MB: to it the disk is full.
    const { error } = await readInChild([file], 'ulimit -f 20000; ');
    expect(error).toMatch(/there is no room for .* in .*: EFBIG/);
  }
  for (const name of await readdir(join(folder, 'cache'), { recursive: true })) {
    expect((await stat(join(folder, 'cache', name))).size, name).toBeLessThan(1_000_000);
  }
}, 120_000);
