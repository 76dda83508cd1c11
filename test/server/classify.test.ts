// Classifiers that lie in folders, served: a real service with networks of a few nodes, which tell green from all else.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClassesFound } from '../../protocol/payloads.js';
import { tinyClassifier } from '../models/served/tiny-classifier.js';
import { asBody } from './support/images.js';
import { PATIENT, startService, type RunningService } from './support/service.js';
import { Socket, type Message } from './support/socket.js';

const LABELS = ['nothing', 'green', 'other'];
let root: string;
let service: RunningService;
const pictures = new Map<string, Buffer>();

async function addModel(name: string, version: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  const folder = join(root, name, version);
  await mkdir(folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), content);
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'onlooker-models-'));
  const plain = JSON.stringify({ input: { preprocessing: 'none' } });
  const usual = { 'model.onnx': tinyClassifier(), 'classes.txt': LABELS.join('\n'), 'manifest.json': plain };
  await addModel('colours', '1.0.0', { ...usual, 'classes.txt': 'old\nolder\noldest' });
  await addModel('colours', '1.10.0', usual);
  // Green is believed above .999 alone: less than that is what it scores.
  const thresholds =
    'classname,top1_minval,top1_maxval,top2_minval,top2_maxval,correct_percentage\ngreen,.999,1,.1,.2,1\nother,.2,1,.1,.2,1\n';
  await addModel('strict', '1', { ...usual, 'thresholds.csv': thresholds });
  await addModel('broken', '1', { ...usual, 'classes.txt': 'one\ntwo' });
  for (const [name, [r, g, b]] of Object.entries({ green: [0, 255, 0], red: [255, 0, 0] } as const)) {
    const create = { width: 32, height: 24, channels: 3, background: { r, g, b } } as const;
    pictures.set(name, await sharp({ create }).png().toBuffer());
  }
  const left = await sharp(picture('green')).resize(16, 24, { fit: 'fill' }).toBuffer();
  pictures.set(
    'both',
    await sharp(picture('red'))
      .composite([{ input: left, left: 0, top: 0 }])
      .png()
      .toBuffer(),
  );
  service = await startService({ ...PATIENT, ONLOOKER_MODEL_DIR: root });
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
  await rm(root, { recursive: true });
});

function picture(name: string): Buffer {
  const found = pictures.get(name);
  if (found === undefined) throw new Error(`no picture ${name}`);
  return found;
}

async function classified(name: string, query = ''): Promise<ClassesFound & { readonly model: string }> {
  const answer = await fetch(`${service.url}/v1/classify?${query}`, { method: 'POST', body: asBody(picture(name)) });
  expect(answer.status).toBe(200);
  return (await answer.json()) as ClassesFound & { readonly model: string };
}

test('the newest version of each folder is served, and a folder that cannot be is named and keeps nobody else out', async () => {
  const { models } = (await (await fetch(`${service.url}/v1/models`)).json()) as { models: { id: string; task: string }[] };
  expect(models.filter(({ task }) => task === 'classify').map(({ id }) => id)).toEqual(['colours@1.10.0', 'strict@1']);
  expect(service.log).toMatch(/the model broken@1 is not served: .*3 .*2/);
});

describe('a picture', () => {
  test('gets its classes, best first, and the one that is believed', async () => {
    const { model, classes, accepted } = await classified('green', 'top_n=2');
    expect(model).toBe('colours@1.10.0');
    expect(classes.map(({ label, index }) => [label, index])).toEqual([
      ['green', 1],
      ['nothing', 0],
    ]);
    expect(classes[0]?.score).toBeCloseTo(0.928, 2);
    expect(accepted).toBe('green');
  });

  test('is believed above the threshold that is asked for', async () => {
    expect((await classified('green', 'threshold=0.99')).accepted).toBe(null);
  });

  test('is believed by the thresholds of its class where the model brings them', async () => {
    expect((await classified('green', 'model=strict')).accepted).toBe(null);
    expect((await classified('red', 'model=strict@1')).accepted).toBe('other');
  });

  test('is looked at in one region, or in several side by side', async () => {
    expect((await classified('both', 'region=0,0,0.5,1')).accepted).toBe('green');
    const { regions = [] } = await classified('both', 'regions=0,0,0.5,1;0.5,0,0.5,1');
    expect(regions.map(({ box, accepted }) => [box, accepted])).toEqual([
      [[0, 0, 16, 24], 'green'],
      [[16, 0, 16, 24], 'other'],
    ]);
  });

  test.each([
    ['model=unknown', 503],
    ['threshold=2', 400],
    ['regions=0,0,1', 400],
    [`regions=${new Array(65).fill('0,0,1,1').join(';')}`, 400],
  ])('asked about with %s is refused', async (query, status) => {
    const { status: answered } = await fetch(`${service.url}/v1/classify?${query}`, {
      method: 'POST',
      body: asBody(picture('green')),
    });
    expect(answered).toBe(status);
  });
});

test('a stream settles on what its frames show, and tells once when that changes', async () => {
  const socket = await Socket.withStream(service.wsUrl, { task: 'classify', top_n: 1, send: 'both' });
  const names = ['green', 'green', 'red', 'green', 'red', 'red', 'red', 'red'];
  const told: Message[] = [];
  for (const name of names) {
    socket.raw(picture(name));
    do told.push(await socket.any());
    while (told.at(-1)?.t !== 'result');
  }
  // The last event may come behind the last result.
  while (told.length < names.length + 2) told.push(await socket.any());
  const accepted = told.flatMap((message) => (message.t === 'result' ? [message.accepted] : []));
  const labels = told.flatMap((message) => (message.t === 'event' ? [[message.label, message.previous]] : []));
  expect(accepted).toEqual([...new Array<string>(6).fill('green'), 'other', 'other']);
  expect(labels).toEqual([
    ['green', null],
    ['other', 'green'],
  ]);
  await socket.close();
});

test('frames of several streams are classified in batches, and each gets its own answer', async () => {
  const sockets = await Promise.all(
    Array.from({ length: 6 }, (_, index) =>
      Socket.withStream(service.wsUrl, { stream: `door-${index}`, task: 'classify', tracking: false, top_n: 1 }),
    ),
  );
  for (let round = 0; round < 5; round++) {
    sockets.forEach((socket, index) => socket.raw(picture((index + round) % 2 === 0 ? 'green' : 'red')));
    const results = await Promise.all(sockets.map((socket) => socket.next('result')));
    expect(results.map(({ accepted }) => accepted)).toEqual(
      sockets.map((_, index) => ((index + round) % 2 === 0 ? 'green' : 'other')),
    );
  }
  for (const socket of sockets) await socket.close();
});
