// What keeps the service from starting is told in one line, with an exit code that scripts can trust.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheDir, defaultPack } from '../fixtures.js';
import { failingStart, launchService, startService, until } from './support/service.js';
import { asJson } from './support/images.js';
import { refusal } from './support/socket.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(root, 'dist/bin/onlooker.js');
let folder: string;

beforeAll(async () => {
  await defaultPack();
  folder = await mkdtemp(join(tmpdir(), 'onlooker-start-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const oneLine = /^onlooker: [^\n]+\n$/;

test('a first start, which checks the models and measures the machine, prints nothing that looks like an error', async () => {
  // As it is once everything was fetched.
  const modelsDir = join(folder, 'fetched-models');
  await cp(join(cacheDir, 'sha256'), join(modelsDir, 'sha256'), { recursive: true });
  const service = await startService({
    ONLOOKER_MODELS_DIR: modelsDir,
    ONLOOKER_PROVIDER: 'auto',
    ONLOOKER_TUNE_AT_START: 'true',
  });
  try {
    const lines = service.log.trim().split('\n');
    expect(service.log).toContain('measured');
    for (const line of lines) {
      // The service's own lines, all of them, and none of a library.
      expect(line).toMatch(/^\{"level":30,/);
      expect(line).not.toMatch(/fail|error|cannot/i);
    }
  } finally {
    await service.stop();
  }
});

test('--port and --host go before the variables, and the log tells the start and what to open', async () => {
  const env = { ONLOOKER_PORT: '1', ONLOOKER_HOST: '127.0.0.1', ONLOOKER_OPEN: 'true' };
  const service = await launchService(env, ['--port', '0', '--host', '0.0.0.0']);
  await until(() => (service.log.includes('"ready"') ? true : undefined));
  const lines = service.log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string; url?: string; others?: string[] });
  const [starting, listening] = lines;
  const ready = lines.find(({ msg }) => msg === 'ready');
  const url = `http://localhost:${service.port}`;
  expect([starting?.msg, listening?.msg, listening?.url, ready?.url]).toEqual(['starting', 'listening', url, url]);
  for (const address of [url, ...(listening?.others ?? [])]) {
    expect((await fetch(`${address}/ready`)).status).toBe(200);
    expect(address).not.toContain('0.0.0.0');
  }
  await service.stop();

  const wrong = await failingStart({}, undefined, ['--port', 'http']);
  expect([wrong.code, wrong.stderr]).toEqual([2, 'onlooker: --port must be an integer from 0 to 65535, but is "http"\n']);
  const closed = await failingStart({ ONLOOKER_DATA_DIR: join(folder, 'host') }, undefined, ['--host', '0.0.0.0']);
  expect([closed.code, closed.stderr]).toEqual([
    1,
    expect.stringMatching(/^onlooker: listening on 0\.0\.0\.0 [^\n]*keys add[^\n]*\n$/),
  ]);
});

test('a port in use, also by another Onlooker, is one line and exit code 1', async () => {
  const service = await startService();
  const { code, stderr } = await failingStart({ ONLOOKER_DATA_DIR: join(folder, 'port'), ONLOOKER_PORT: String(service.port) });
  expect([code, stderr]).toEqual([1, expect.stringMatching(oneLine)]);
  expect(stderr).toContain(`cannot listen on 127.0.0.1:${service.port}`);
  expect((await fetch(`${service.url}/health`)).status).toBe(200);
  await service.stop();

  const stranger = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => stranger.once('listening', resolve));
  const { port } = stranger.address() as { port: number };
  expect((await failingStart({ ONLOOKER_DATA_DIR: join(folder, 'port'), ONLOOKER_PORT: String(port) })).code).toBe(1);
  stranger.close();
});

test('a wrong configuration is one line and exit code 2', async () => {
  const { code, stderr } = await failingStart({ ONLOOKER_PORT: 'http' });
  expect([code, stderr]).toEqual([2, 'onlooker: ONLOOKER_PORT must be an integer from 0 to 65535, but is "http"\n']);
});

test('a data folder that cannot be written is one line that names it', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  const { code, stderr } = await failingStart({ ONLOOKER_DATA_DIR: join(file, 'data') });
  expect([code, stderr]).toEqual([1, expect.stringMatching(oneLine)]);
  expect(stderr).toContain(join(file, 'data'));
});

test.runIf(existsSync('/proc/self'))(
  'a folder that can never be made, of models or of data, is one line that names it',
  async () => {
    const models = { ONLOOKER_DATA_DIR: join(folder, 'no-models'), ONLOOKER_MODELS_DIR: '/proc/onlooker/models' };
    for (const env of [models, { ONLOOKER_DATA_DIR: '/proc/onlooker/data' }]) {
      const { code, stderr } = await failingStart(env);
      expect([code, stderr]).toEqual([1, expect.stringMatching(oneLine)]);
      expect(stderr).toContain('/proc/onlooker');
    }
  },
);

test('a corrupt gallery is one line that says what to do, and nothing is touched', async () => {
  const dataDir = join(folder, 'corrupt');
  const service = await startService({ ONLOOKER_DATA_DIR: dataDir });
  await fetch(`${service.url}/v1/people`, { method: 'POST', body: asJson({ name: 'x' }) });
  service.signal('SIGTERM');
  await service.exited();
  const gallery = join(dataDir, 'gallery');
  const [store] = (await readdir(gallery)).filter((name) => name.endsWith('.mdb'));
  await writeFile(join(gallery, store ?? ''), Buffer.alloc(65_536, 0x5a));
  const { code, stderr } = await failingStart({ ONLOOKER_DATA_DIR: dataDir });
  expect([code, stderr]).toEqual([1, expect.stringMatching(oneLine)]);
  expect(stderr).toContain('damaged');
});

test('a model that is missing offline, a corrupt one and an unknown pack are one line each', async () => {
  const models = join(folder, 'models');
  const missing = await failingStart({
    ONLOOKER_DATA_DIR: join(folder, 'models-data'),
    ONLOOKER_MODELS_DIR: models,
    ONLOOKER_OFFLINE: 'true',
  });
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringMatching(oneLine)]);

  await mkdir(models, { recursive: true });
  const { detector } = await defaultPack();
  const part = join('sha256', detector.sha256.slice(0, 2), detector.sha256);
  await cp(join(cacheDir, 'sha256'), join(models, 'sha256'), {
    recursive: true,
    filter: (source) => !source.includes('fixtures'),
  });
  await writeFile(join(models, part), 'not a model');
  const corrupt = await failingStart({
    ONLOOKER_DATA_DIR: join(folder, 'models-data'),
    ONLOOKER_MODELS_DIR: models,
    ONLOOKER_OFFLINE: 'true',
  });
  expect([corrupt.code, corrupt.stderr]).toEqual([1, expect.stringMatching(oneLine)]);
  expect(corrupt.stderr).toMatch(new RegExp(`${detector.sha256} is damaged`));

  const unknown = await failingStart({ ONLOOKER_DATA_DIR: join(folder, 'models-data'), ONLOOKER_PACK: 'nonesuch' });
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('no model pack "nonesuch"')]);
});

test('`/health` answers and `/ready` tells what is missing while the models still load, and a signal then ends it at once', async () => {
  // A source that never answers keeps the service loading.
  const silent = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as { port: number };
  const manifest = join(folder, 'slow.json');
  const licence = { id: 'MIT', caveats: [] };
  await writeFile(
    manifest,
    JSON.stringify({
      id: 'slow',
      version: '1.0.0',
      description: 'A pack whose source is silent.',
      sources: { slow: { from: `http://127.0.0.1:${port}/model.onnx` } },
      models: [{ role: 'detector', family: 'ultraface', file: { source: 'slow', sha256: 'a'.repeat(64), bytes: 10 }, licence }],
      thresholds: { detectionScore: 0.7, nmsIou: 0.4, match: 0.4, margin: 0.05 },
    }),
  );
  const service = await launchService({
    ONLOOKER_PACK: manifest,
    ONLOOKER_DATA_DIR: join(folder, 'slow'),
    ONLOOKER_MODELS_DIR: join(folder, 'slow-models'),
  });
  expect((await fetch(`${service.url}/health`)).status).toBe(200);
  const ready = await fetch(`${service.url}/ready`);
  expect([ready.status, await ready.json()]).toEqual([503, { status: 'not_ready', missing: ['models'], provider: null }]);
  const detect = await fetch(`${service.url}/v1/detect`, { method: 'POST', body: 'x' });
  expect([detect.status, detect.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await refusal(service.wsUrl)).toEqual({ status: 503, code: 'MODEL_UNAVAILABLE' });
  expect(await service.stop()).toBe(0);
  silent.close();
});

// How long it takes is measured in bench/start.ts.
test('with a filled cache the service gets ready without fetching anything', async () => {
  const service = await startService({ ONLOOKER_OFFLINE: 'true' });
  expect((await fetch(`${service.url}/ready`)).status).toBe(200);
  expect(service.log).not.toContain('fetching models');
  await service.stop();
});

test('`onlooker config` prints what is in force and from where, without starting anything', async () => {
  const env = { PATH: process.env['PATH'], HOME: folder, ONLOOKER_PORT: '9123' };
  const { stdout } = await run(process.execPath, [program, 'config', '--json'], { env, cwd: folder });
  const { settings } = JSON.parse(stdout) as { settings: { name: string; value: unknown; from: string }[] };
  expect(settings.find(({ name }) => name === 'port')).toMatchObject({ value: 9123, from: 'env', env: 'ONLOOKER_PORT' });
  expect(settings.find(({ name }) => name === 'dataDir')).toMatchObject({
    value: join(folder, '.local/share/onlooker'),
    from: 'default',
  });
  const table = await run(process.execPath, [program, 'config'], { env, cwd: folder });
  expect(table.stdout).toMatch(/ONLOOKER_PORT +9123 +env/);
});

test('`npm start` hands the signal that ends it on to the service, which drains', async () => {
  const env = {
    ...process.env,
    ONLOOKER_PORT: '0',
    ONLOOKER_DATA_DIR: join(folder, 'npm-start'),
    ONLOOKER_MODELS_DIR: cacheDir,
    ONLOOKER_TUNE_AT_START: 'false',
  };
  const npm = spawn('npm', ['start'], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  npm.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (chunk.includes('"msg":"ready"')) npm.kill('SIGTERM');
  });
  const [code] = (await once(npm, 'close')) as [number | null];
  expect([code, output]).toEqual([0, expect.stringContaining('"msg":"stopped"')]);
});

test('`onlooker models` lists packs with their licences and verifies the cache', async () => {
  const env = { PATH: process.env['PATH'], HOME: folder, ONLOOKER_MODELS_DIR: cacheDir };
  const { stdout } = await run(process.execPath, [program, 'models', 'list', '--json'], { env });
  const { packs } = JSON.parse(stdout) as { packs: { id: string }[] };
  expect(packs.map(({ id }) => id)).toContain('default');
  expect((await run(process.execPath, [program, 'models', 'verify'], { env })).stdout).toMatch(/^ok /);
  const empty = { ...env, ONLOOKER_MODELS_DIR: join(folder, 'empty') };
  await expect(run(process.execPath, [program, 'models', 'verify'], { env: empty })).rejects.toMatchObject({ code: 1 });
});
