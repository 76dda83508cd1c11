// A service that only classifies: nothing of faces is fetched or opened, and whoever asks for faces is told so.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tinyClassifier } from '../models/served/tiny-classifier.js';
import { asBody } from './support/images.js';
import { launchService, until, type RunningService } from './support/service.js';
import { Socket } from './support/socket.js';

let folder: string;
let service: RunningService;
let picture: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-faceless-'));
  const version = join(folder, 'models', 'leaves', '1');
  await mkdir(version, { recursive: true });
  await writeFile(join(version, 'model.onnx'), tinyClassifier());
  picture = await sharp({ create: { width: 32, height: 32, channels: 3, background: '#0f0' } })
    .png()
    .toBuffer();
  service = await launchService({
    ONLOOKER_PACK: 'none',
    ONLOOKER_OFFLINE: 'true',
    ONLOOKER_MODELS_DIR: join(folder, 'cache'),
    ONLOOKER_MODEL_DIR: join(folder, 'models'),
    ONLOOKER_TUNE_AT_START: 'true',
  });
  await until(async () => ((await fetch(`${service.url}/ready`)).ok ? true : undefined));
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
  await rm(folder, { recursive: true });
});

test('it is ready without a network, with its classifier alone', async () => {
  const { models } = (await (await fetch(`${service.url}/v1/models`)).json()) as { models: { id: string }[] };
  expect(models.map(({ id }) => id)).toEqual(['leaves@1']);
  const answer = await fetch(`${service.url}/v1/classify`, { method: 'POST', body: asBody(picture) });
  expect([answer.status, await answer.json()]).toMatchObject([200, { model: 'leaves@1' }]);
  expect(await readdir(join(folder, 'cache'))).not.toContain('sha256');
});

test.each([
  ['POST', '/v1/identify'],
  ['GET', '/v1/people'],
  ['GET', '/v1/tracks/x'],
])('%s %s is told that no faces are there', async (method, path) => {
  const answer = await fetch(service.url + path, { method, ...(method === 'POST' ? { body: asBody(picture) } : {}) });
  expect([answer.status, await answer.json()]).toMatchObject([503, { error: { code: 'MODEL_UNAVAILABLE' } }]);
});

test('a stream of faces is refused, and one that is classified is not', async () => {
  const socket = await Socket.connect(service.wsUrl);
  expect(await socket.next('hello')).toMatchObject({ tasks: ['classify'] });
  socket.send({ t: 'open', stream: 'a' });
  expect(await socket.next('error')).toMatchObject({ code: 'MODEL_UNAVAILABLE' });
  socket.send({ t: 'open', stream: 'a', task: 'classify' });
  await socket.next('opened');
  socket.raw(picture);
  expect(await socket.next('result')).toMatchObject({ status: 'ok' });
  await socket.close();
});

test('figures are told and presence is empty', async () => {
  expect((await fetch(`${service.url}/metrics`)).status).toBe(200);
  expect(await (await fetch(`${service.url}/v1/presence`)).json()).toMatchObject({ days: [] });
});
