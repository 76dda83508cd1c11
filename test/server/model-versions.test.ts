// Versions of models that come and go while the service works: a real service with networks of a few nodes.
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ModelVersionsAnswer, ServedModelVersions } from '../../protocol/models.js';
import { onlooker } from '../clients/program.js';
import { tinyClassifier } from '../models/served/tiny-classifier.js';
import { asBody } from './support/images.js';
import { startService, until, type RunningService } from './support/service.js';
import { Socket } from './support/socket.js';

/** Weights of 320 KiB: two lanes with two such models are more than 1 MiB. */
const BALLAST = 80_000;
const MANIFEST = JSON.stringify({ input: { preprocessing: 'none' } });
let root: string;
let service: RunningService;
let green: Buffer;

async function addModel(name: string, version: string, labels: string, model = tinyClassifier()): Promise<void> {
  // As a whole, as people who know what they do would have it.
  const made = join(root, `.${name}-${version}`);
  await mkdir(made, { recursive: true });
  for (const [file, content] of Object.entries({ 'model.onnx': model, 'classes.txt': labels, 'manifest.json': MANIFEST })) {
    await writeFile(join(made, file), content);
  }
  await mkdir(join(root, name), { recursive: true });
  await rename(made, join(root, name, version));
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'onlooker-models-'));
  await addModel('colours', '1', 'one\ngreen one\nelse');
  await addModel('colours', '2', 'two\ngreen two\nelse');
  const large = tinyClassifier({ ballast: BALLAST });
  for (const name of ['large-a', 'large-b']) await addModel(name, '1', `a\n${name}\nc`, large);
  green = await sharp({ create: { width: 32, height: 24, channels: 3, background: { r: 0, g: 255, b: 0 } } })
    .png()
    .toBuffer();
  service = await startService({
    ONLOOKER_MODEL_DIR: root,
    ONLOOKER_MODEL_MEMORY: '1',
    ONLOOKER_MODEL_POLL_S: '1',
    ONLOOKER_LANES: '2',
    // Answers that are kept would hide which version gives them.
    ONLOOKER_CACHE_MB: '0',
  });
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
  await rm(root, { recursive: true });
});

async function asked(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${service.url}/v1/models/${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}
const versions = async (): Promise<ModelVersionsAnswer> =>
  (await asked('GET', 'versions')).body as unknown as ModelVersionsAnswer;
async function versionsOf(name: string): Promise<ServedModelVersions> {
  const found = (await versions()).models.find((model) => model.name === name);
  if (found === undefined) throw new Error(`no model ${name}`);
  return found;
}
const stateOf = async (id: string): Promise<string | undefined> =>
  (await versionsOf(id.split('@')[0] ?? '')).versions.find((version) => version.id === id)?.state;

async function labelOf(query: string): Promise<unknown> {
  const answer = await fetch(`${service.url}/v1/classify?threshold=0&${query}`, { method: 'POST', body: asBody(green) });
  const body = (await answer.json()) as { accepted?: unknown; error?: unknown };
  return answer.status === 200 ? body.accepted : answer.status;
}

interface Fed {
  /** What was answered so far, in the order sent. */
  readonly labels: readonly unknown[];
  readonly end: () => Promise<void>;
}

/** Sends one frame after another, as fast as they are answered. */
function feeding(socket: Socket): Fed {
  const labels: unknown[] = [];
  let isOn = true;
  const fed = (async () => {
    while (isOn) {
      socket.raw(green);
      const result = await socket.next('result');
      labels.push(result['status'] === 'ok' ? result['accepted'] : JSON.stringify(result));
    }
  })();
  return {
    labels,
    end: () => {
      isOn = false;
      return fed;
    },
  };
}

/** Every stream has been answered by this version, however busy the machine is. */
const allAnswered = (streams: readonly Fed[], label: string): Promise<true> =>
  until(() => (streams.every(({ labels }) => labels.at(-1) === label) ? true : undefined));

/** As it was at the start, whatever became of the test before. */
const back = () => asked('POST', 'colours/use', { version: 'latest' });
beforeEach(async () => void (await back()));

describe('a version', () => {
  test('that is put in use answers from the next frame on, and no frame of any stream is lost', async () => {
    const sockets = await Promise.all(
      [1, 2, 3, 4].map((stream) =>
        Socket.withStream(service.wsUrl, {
          stream: `swap-${stream}`,
          task: 'classify',
          model: 'colours',
          tracking: false,
          threshold: 0,
          // A busy machine loses frames to their deadline, which is nothing to do with versions.
          deadline_ms: 60_000,
        }),
      ),
    );
    const streams = sockets.map(feeding);
    await allAnswered(streams, 'green two');
    expect((await asked('POST', 'colours/use', { version: '1' })).body).toMatchObject({ in_use: '1', previous: '2' });
    await allAnswered(streams, 'green one');
    expect((await asked('POST', 'colours/use', { version: '2' })).body).toMatchObject({ in_use: '2', previous: '1' });
    await allAnswered(streams, 'green two');
    expect((await asked('POST', 'colours/rollback')).body).toMatchObject({ in_use: '1', previous: '2' });
    await allAnswered(streams, 'green one');
    for (const { labels, end } of streams) {
      await end();
      expect(new Set(labels)).toEqual(new Set(['green two', 'green one']));
      // From two to one, to two, to one: each frame by the version that was in use when its turn came.
      expect(labels.filter((label, index) => label !== labels[index - 1]).length).toBeLessThanOrEqual(4);
    }
    for (const socket of sockets) await socket.close();
    expect(await labelOf('model=colours')).toBe('green one');
    expect((await back()).body).toMatchObject({ in_use: '2', follows_latest: true });
  });

  test('that does not open is refused with the reason, and what was in use stays', async () => {
    await addModel('colours', '0.9', 'too\nfew');
    const { status, body } = await asked('POST', 'colours/use', { version: '0.9' });
    expect([status, body['error']]).toMatchObject([422, { code: 'BAD_MODEL' }]);
    expect(JSON.stringify(body)).toMatch(/3 numbers a picture, but classes.txt has 2 labels. colours@2 stays in use/);
    expect(await labelOf('model=colours')).toBe('green two');
    expect(await stateOf('colours@0.9')).toBe('failed');
  });

  test.each([
    ['nobody/use', { version: '1' }, 404],
    ['colours/use', { version: '7' }, 404],
    ['colours/use', {}, 400],
    ['large-a/rollback', undefined, 409],
    ['colours/canary', { version: '1', share: 2 }, 400],
  ])('POST %s %j is refused', async (path, body, status) => {
    expect((await asked('POST', path, body)).status).toBe(status);
  });

  test('that is asked for by name and version is opened once, however many ask', async () => {
    await addModel('many', '1', 'a\nasked\nc');
    await addModel('many', '2', 'a\nin use\nc');
    await asked('POST', 'rescan');
    const labels = await Promise.all(Array.from({ length: 8 }, () => labelOf('model=many@1')));
    expect(labels).toEqual(new Array(8).fill('asked'));
    expect(service.log.match(/"model":"many@1".*a model is open/g)).toHaveLength(1);
  });

  test('that is tried out answers its share of the streams, and no single images', async () => {
    expect((await asked('POST', 'colours/canary', { version: '1', share: 1 })).body).toMatchObject({
      canary: { version: '1', share: 1 },
    });
    const socket = await Socket.withStream(service.wsUrl, { task: 'classify', model: 'colours', tracking: false });
    socket.raw(green);
    expect(await socket.next('result')).toMatchObject({ model: 'colours@1' });
    expect(await labelOf('model=colours')).toBe('green two');
    expect((await asked('POST', 'colours/canary', { version: '1', share: 0 })).body).toMatchObject({ canary: null });
    socket.raw(green);
    expect(await socket.next('result')).toMatchObject({ model: 'colours@2' });
    await socket.close();
    for (const model of ['colours@1', 'colours@2']) {
      expect(await service.metric(`onlooker_class_decisions_total{model="${model}",outcome="accepted"}`)).toBeGreaterThan(0);
      expect(await service.metric(`onlooker_inference_seconds_total{model="${model}"}`)).toBeGreaterThan(0);
    }
  });
});

describe('an alias', () => {
  test('stands for a model, a version or another alias, and the one called as the task is for what nobody names', async () => {
    expect((await asked('POST', 'aliases', { alias: 'stable', stands_for: 'colours@1' })).status).toBe(200);
    expect((await asked('POST', 'aliases', { alias: 'classify', stands_for: 'stable' })).status).toBe(200);
    expect(await labelOf('model=stable')).toBe('green one');
    expect(await labelOf('')).toBe('green one');
    expect((await asked('DELETE', 'aliases/classify')).status).toBe(204);
    expect(await labelOf('')).toBe('green two');
  });

  test.each([
    [{ alias: 'stable', stands_for: 'stable' }, 409],
    [{ alias: 'other', stands_for: 'nobody' }, 404],
    [{ alias: 'colours', stands_for: 'large-a' }, 409],
    [{ alias: 'latest', stands_for: 'colours' }, 400],
    [{ alias: '../x', stands_for: 'colours' }, 400],
  ])('%j is refused', async (body, status) => {
    expect((await asked('POST', 'aliases', body)).status).toBe(status);
  });

  test('that would go in a circle is refused with the way of it', async () => {
    await asked('POST', 'aliases', { alias: 'b', stands_for: 'colours' });
    await asked('POST', 'aliases', { alias: 'a', stands_for: 'b' });
    const { status, body } = await asked('POST', 'aliases', { alias: 'b', stands_for: 'a' });
    expect([status, JSON.stringify(body)]).toMatchObject([409, expect.stringContaining('b → a → b') as string]);
  });
});

describe('memory', () => {
  test('is bounded: a model that is asked for closes the one that was not needed for longest', async () => {
    expect(await labelOf('model=large-a')).toBe('large-a');
    expect(await labelOf('model=large-b')).toBe('large-b');
    expect(await stateOf('large-a@1')).toBe('closed');
    expect(await labelOf('model=large-a')).toBe('large-a');
    const { used_bytes, limit_bytes } = (await versions()).memory;
    expect(used_bytes).toBeLessThanOrEqual(limit_bytes);
    expect(limit_bytes).toBe(2 ** 20);
  });

  test('of a model that a stream goes on asking for is not given to another, which is refused meanwhile', async () => {
    const socket = await Socket.withStream(service.wsUrl, { task: 'classify', model: 'large-a', tracking: false });
    expect(await labelOf('model=large-b')).toBe(503);
    socket.raw(green);
    expect(await socket.next('result')).toMatchObject({ status: 'ok', model: 'large-a@1' });
    await socket.close();
  });

  test('of a model that alone needs more than there is is not taken', async () => {
    await addModel('huge', '1', 'a\nb\nc', tinyClassifier({ ballast: 4 * BALLAST }));
    await asked('POST', 'rescan');
    expect(await labelOf('model=huge')).toBe(503);
    const [version] = (await versionsOf('huge')).versions;
    expect(version).toMatchObject({ state: 'failed', reason: expect.stringMatching(/needs 3 MiB.* may have 1 MiB/) as string });
  });
});

describe('a version that the service is given', () => {
  let folder: string;
  const run = (...args: string[]) => onlooker(['models', ...args], { ONLOOKER_URL: service.url });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onlooker-given-'));
    await writeFile(join(folder, 'leaves.onnx'), tinyClassifier());
    await writeFile(join(folder, 'classes.txt'), 'a\noak\nc');
    await mkdir(join(folder, 'wrong'));
    await writeFile(join(folder, 'wrong', 'classes.txt'), 'a\nb');
  });
  afterAll(async () => rm(folder, { recursive: true }));
  const given = (file: string) => join(folder, file);

  test('is served at once, is shown, and can be taken away again', async () => {
    const give = await run('give', 'leaves@1', given('leaves.onnx'), given('classes.txt'));
    expect([give.code, give.stdout]).toEqual([0, 'leaves: 1 is in use\n']);
    expect(await labelOf('model=leaves')).toBe('oak');
    expect((await run('show', 'leaves')).stdout).toMatch(/leaves +1 +classify +open +in use/);
    expect((await run('give', 'leaves@1', given('leaves.onnx'))).stderr).toMatch(/is there already/);
    expect((await run('remove', 'leaves@1')).code).toBe(0);
    expect(await labelOf('model=leaves')).toBe(503);
  });

  test('is refused where it cannot be served, and is there once the file that was wrong is given anew', async () => {
    const wrong = await run('give', 'trees@1', given('leaves.onnx'), given('wrong/classes.txt'));
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringMatching(/3 numbers a picture, but classes.txt has 2 labels/)]);
    expect(await labelOf('model=trees')).toBe(503);
    expect((await run('give', 'trees@1', given('leaves.onnx'), given('classes.txt'))).code).toBe(0);
    expect(await labelOf('model=trees')).toBe('oak');
  });

  test('replaces one that lies in the folder that is mounted, which it leaves alone', async () => {
    expect((await run('give', 'large-b@2', given('leaves.onnx'), given('classes.txt'))).stdout).toMatch(/^large-b: 2 is in use/);
    expect((await run('rollback', 'large-b')).stdout).toMatch(/^large-b: 1 is in use, before it 2/);
    expect((await run('remove', 'large-b@1')).stderr).toMatch(/only reads/);
    expect((await run('remove', 'large-b@2')).code).toBe(0);
  });

  test('is fetched from where it lies, with its hash checked', async () => {
    const files = createServer((request, response) => {
      const name = request.url === '/leaves.onnx' ? 'leaves.onnx' : 'classes.txt';
      if (request.url !== `/${name}`) response.writeHead(404).end();
      else void readFile(given(name)).then((bytes) => response.end(bytes));
    });
    files.listen(0, '127.0.0.1');
    await once(files, 'listening');
    const from = `http://127.0.0.1:${(files.address() as AddressInfo).port}/leaves.onnx`;
    const wrong = await run('pull', 'fetched@1', from, '--sha256', '0'.repeat(64));
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringMatching(/sha256 should be 0{64} but is/)]);
    const pulled = await run('pull', 'fetched@1', from);
    expect([pulled.code, pulled.stdout]).toEqual([0, 'fetched: 1 is in use\n']);
    expect(await labelOf('model=fetched')).toBe('oak');
    await promisify(files.close.bind(files))();
  });

  test.each([
    ['with a name that leads elsewhere', 'POST', `${encodeURIComponent('../x')}/versions/1/files/model.onnx`, 400],
    ['with a file of another name', 'POST', 'x/versions/1/files/passwd', 400],
    ['of which nothing has come', 'POST', 'x/versions/9', 404],
    ['that is there', 'POST', 'colours/versions/2/files/model.onnx', 409],
  ])('%s is refused', async (_, method, path, status) => {
    const answer = await fetch(`${service.url}/v1/models/${path}`, { method, body: 'x' });
    await answer.text();
    expect(answer.status).toBe(status);
  });

  test('from the disk of the service is not fetched for clients', async () => {
    expect((await asked('POST', 'x/versions/1/pull', { from: 'file:/etc/' })).status).toBe(400);
  });
});

describe('a folder that is new', () => {
  test('is found, opened and in use without anybody asking for it', async () => {
    await addModel('fresh', '1', 'a\nfresh one\nc');
    expect(await until(async () => ((await labelOf('model=fresh')) === 'fresh one' ? true : undefined))).toBe(true);
    await addModel('fresh', '2', 'a\nfresh two\nc');
    expect(await until(async () => ((await labelOf('model=fresh')) === 'fresh two' ? true : undefined))).toBe(true);
  });

  test('and does not open is passed over: the version before goes on', async () => {
    await addModel('fresh', '3', 'only one');
    await until(async () => ((await stateOf('fresh@3')) === 'failed' ? true : undefined));
    expect(await labelOf('model=fresh')).toBe('fresh two');
  });
});
