// Object detectors that lie in folders, served: a real service with a network of a few nodes.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ObjectsFound } from '../../protocol/payloads.js';
import { tinyDetector } from '../models/objects/tiny-detector.js';
import { asBody } from './support/images.js';
import { PATIENT, startService, type RunningService } from './support/service.js';
import { Socket, type Message } from './support/socket.js';

const SHARED = new URL('../../../shared/', import.meta.url);
const shared = (path: string) => new URL(path, SHARED).pathname;
const hasModels = existsSync(shared('models/yolox_nano.onnx'));
const COCO =
  'person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush';
let root: string;
let service: RunningService;
const pictures = new Map<string, Buffer>();

async function addModel(name: string, model: Uint8Array, manifest: object, labels: readonly string[]): Promise<void> {
  const folder = join(root, name, '1');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'model.onnx'), model);
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'classes.txt'), labels.join('\n'));
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'onlooker-models-'));
  await addModel('0-tiny', tinyDetector(), { family: 'yolov5' }, ['leaf', 'apple']);
  await addModel('wrong', tinyDetector(), { family: 'yolov8' }, ['leaf', 'apple']);
  await addModel('unknown', tinyDetector(), { family: 'yolov99' }, ['leaf', 'apple']);
  if (hasModels) {
    for (const [name, family] of [
      ['yolox_nano', 'yolox'],
      ['FastestDet', 'fastestdet'],
    ] as const) {
      await addModel(name, new Uint8Array(), { family }, COCO.split(','));
      await copyFile(shared(`models/${name}.onnx`), join(root, name, '1', 'model.onnx'));
    }
  }
  for (const [name, [r, g, b]] of Object.entries({ green: [0, 255, 0], both: [200, 255, 0], none: [0, 0, 255] } as const)) {
    const create = { width: 32, height: 32, channels: 3, background: { r, g, b } } as const;
    pictures.set(name, await sharp({ create }).png().toBuffer());
  }
  service = await startService({ ...PATIENT, ONLOOKER_MODEL_DIR: root });
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
  await rm(root, { recursive: true });
});

const picture = (name: string): Buffer => pictures.get(name) ?? Buffer.alloc(0);

async function found(image: Uint8Array, query = ''): Promise<ObjectsFound & { readonly model: string }> {
  const answer = await fetch(`${service.url}/v1/objects?${query}`, { method: 'POST', body: asBody(image) });
  expect(answer.status).toBe(200);
  return (await answer.json()) as ObjectsFound & { readonly model: string };
}

test('a folder that is not what its manifest says is named, with the reason, and keeps nobody else out', () => {
  expect(service.log).toMatch(/wrong@1 is not of the family that its manifest names: .*yolov5/);
  expect(service.log).toMatch(/there is no family .*yolov99.* of object detectors/);
});

describe('a picture', () => {
  test('has its objects told in its own pixels, best first', async () => {
    const { model, objects } = await found(picture('both'));
    expect(model).toBe('0-tiny@1');
    expect(objects.map(({ label, index, box, track }) => [label, index, box, track])).toEqual([
      ['leaf', 0, [0, 0, 16, 16], null],
      ['apple', 1, [16, 18, 16, 12], null],
    ]);
    expect(objects[1]?.score).toBeCloseTo(200 / 255, 2);
  });

  test.each([
    ['threshold=0.9', ['leaf']],
    ['labels=apple,pear', ['apple']],
    ['top_n=1', ['leaf']],
  ])('asked about with %s', async (query, labels) => {
    expect((await found(picture('both'), query)).objects.map(({ label }) => label)).toEqual(labels);
  });

  test('in a region is searched there, and its objects are told where they are in the whole', async () => {
    const { objects } = await found(picture('green'), 'region=0.5,0.5,0.5,0.5');
    expect(objects.map(({ box }) => box)).toEqual([[16, 16, 8, 8]]);
  });

  test('with nothing in it is answered with nothing', async () => {
    expect((await found(picture('none'))).objects).toEqual([]);
  });

  test.each(['labels=', 'threshold=2', 'model=colours'])('asked about with %s is refused', async (query) => {
    const { status } = await fetch(`${service.url}/v1/objects?${query}`, { method: 'POST', body: asBody(picture('green')) });
    expect(status).toBeGreaterThanOrEqual(400);
  });
});

test('a stream has its objects followed: a track in its results, and events when one has come and has gone', async () => {
  const socket = await Socket.withStream(service.wsUrl, { stream: 'yard', task: 'objects', send: 'both' });
  const told: Message[] = [];
  for (let frame = 0; frame < 4; frame++) {
    socket.raw(picture('green'));
    do told.push(await socket.any());
    while (told.at(-1)?.t !== 'result');
  }
  socket.send({ t: 'close', stream: 'yard' });
  do told.push(await socket.any());
  while (told.at(-1)?.t !== 'closed');
  // The last event may come behind the account.
  while (told.filter(({ t }) => t === 'event').length < 2) told.push(await socket.any());
  const results = told.filter(({ t }) => t === 'result') as unknown as ObjectsFound[];
  const tracks = results.map(({ objects: [object] }) => object?.track ?? null);
  // Two frames are enough where half a second lies between them, as it may on a busy machine.
  expect(tracks[0]).toBeNull();
  expect([null, tracks[2]]).toContain(tracks[1]);
  expect(tracks[2]).toEqual(expect.any(String));
  expect(tracks[3]).toBe(tracks[2]);
  const events = told.filter(({ t }) => t === 'event');
  expect(events.map(({ kind, label, track, person }) => [kind, label, track, person])).toEqual([
    ['appear', 'leaf', tracks[2], null],
    ['leave', 'leaf', tracks[2], null],
  ]);
  const kept = (await (await fetch(`${service.url}/v1/events?stream=yard`)).json()) as {
    events: { kind: string; label: string }[];
  };
  expect(kept.events.map(({ kind, label }) => `${kind} ${label}`)).toEqual(['appear leaf', 'leave leaf']);
  await socket.close();
});

describe.skipIf(!hasModels)('real detectors', () => {
  test.each(['yolox_nano', 'FastestDet'])('%s finds the orange, and people in a photograph of them', async (model) => {
    const orange = await found(await readFile(shared('images/objects/orange.png')), `model=${model}`);
    expect(orange.objects[0]).toMatchObject({ label: 'orange' });
    const people = await found(await readFile(shared('images/faces/group-6.jpg')), `model=${model}&labels=person`);
    expect(people.objects.length).toBeGreaterThanOrEqual(5);
  });
});
