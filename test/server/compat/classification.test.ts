// In the place of a classification server: its variables alone make it run, and its addresses answer as they did.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { regionsOf } from '../../../server/compat/classification.js';
import { onlooker } from '../../clients/program.js';
import { tinyClassifier } from '../../models/served/tiny-classifier.js';
import { failingStart, launchService, until, type RunningService } from '../support/service.js';

let folder: string;
let service: RunningService;
/** Green at the left, red at the right. */
let picture: Buffer;
const at = (file: string) => join(folder, file);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-compat-'));
  await writeFile(at('model.onnx'), tinyClassifier());
  await writeFile(at('classes.txt'), 'Quercus robur leaf\nQuercus ilex leaf\nQuercus ilex fruit');
  const column = 'classname,top1_minval,top1_maxval,top2_minval,top2_maxval,correct_percentage\n';
  await writeFile(at('thresholds.csv'), `${column}Quercus ilex leaf,.2,1,.1,.2,1\nQuercus ilex fruit,.999,1,.1,.2,1\n`);
  const halves = [
    { r: 0, g: 255, b: 0 },
    { r: 255, g: 0, b: 0 },
  ].map((background) => ({ create: { width: 16, height: 32, channels: 3, background } }) as const);
  picture = await sharp({ create: { width: 32, height: 32, channels: 3, background: '#000' } })
    .composite(halves.map((input, half) => ({ input, left: 16 * half, top: 0 })))
    .png()
    .toBuffer();
  service = await serving({ INFERENCE_PREPROCESS: 'none' });
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
  await rm(folder, { recursive: true });
});

const variables = () => ({
  INFERENCE_MODEL: at('model.onnx'),
  INFERENCE_CLASSES_FILE: at('classes.txt'),
  INFERENCE_THRESHOLDS_FILE: at('thresholds.csv'),
});

async function serving(env: Readonly<Record<string, string>>): Promise<RunningService> {
  const started = await launchService({ ...variables(), ...env }, ['--compat', 'classification']);
  await until(async () => ((await fetch(`${started.url}/ready`)).ok ? true : undefined));
  return started;
}

function form(fields: Readonly<Record<string, string>>, file: string | null = 'blob'): FormData {
  const made = new FormData();
  for (const [name, value] of Object.entries(fields)) made.set(name, value);
  if (file !== null) made.set(file, new Blob([new Uint8Array(picture)]), 'leaf.png');
  return made;
}
async function classified(fields: Readonly<Record<string, string>>, of = service): Promise<unknown> {
  const answer = await fetch(`${of.url}/classify`, { method: 'POST', body: form(fields) });
  expect(answer.status).toBe(200);
  return answer.json();
}

describe('POST /classify', () => {
  test('tells the probabilities of the best classes, an object for the picture', async () => {
    const [only, ...others] = (await classified({ top_n: '2' })) as Record<string, number>[];
    expect(others).toEqual([]);
    expect(Object.keys(only ?? {})).toHaveLength(2);
    expect(Object.values(only ?? {}).every((score) => score > 0 && score <= 1)).toBe(true);
  });

  test('tells classes best first, also where their labels are numbers', async () => {
    await writeFile(at('numbers.txt'), '2\n1\n0');
    const other = await serving({
      INFERENCE_PREPROCESS: 'none',
      INFERENCE_CLASSES_FILE: at('numbers.txt'),
      INFERENCE_THRESHOLDS_FILE: '',
    });
    const answer = await fetch(`${other.url}/classify`, { method: 'POST', body: form({ regions: '0,0,16' }) });
    const text = await answer.text();
    expect([...text.matchAll(/"(\d)":/g)].map(([, label]) => label)).toEqual(['1', '2', '0']);
    expect(await other.stop()).toBe(0);
  });

  test('tells an object for each region, given as y, x and side, cut at the edges', async () => {
    const found = (await classified({ regions: '0,0,16;0,16,400', top_n: '1' })) as Record<string, number>[];
    expect(found.map((region) => Object.keys(region))).toEqual([['Quercus ilex leaf'], ['Quercus ilex fruit']]);
  });

  test.each(['1', 'true', 'True', 'on', 'yes'])(
    'consolidates what is accepted into species (consolidate=%s)',
    async (consolidate) => {
      const [first, ...others] = (await classified({ regions: '0,0,16', consolidate })) as [string, number][];
      expect(first?.[0]).toBe('Quercus ilex');
      expect(first?.[1]).toBeGreaterThan(0.5);
      expect(others).toEqual([]);
    },
  );

  test('says that the species is unknown where no region is accepted', async () => {
    expect(await classified({ regions: '0,16,16', consolidate: '1' })).toEqual([['Especie desconocida', null]]);
  });

  test.each([
    ['no picture', form({}, null), 422],
    ['a region that begins outside', form({ regions: '-1,2,3' }), 422],
    ['a region of two numbers', form({ regions: '1,2' }), 422],
    ['65 regions', form({ regions: new Array(65).fill('0,0,4').join(';') }), 422],
    ['a flag that is none', form({ consolidate: 'perhaps' }), 422],
    ['no classes', form({ top_n: '0' }), 422],
    ['what is no form', 'picture', 415],
  ])('refuses %s with a status and a detail', async (_, body, status) => {
    const answer = await fetch(`${service.url}/classify`, { method: 'POST', body });
    expect(answer.status).toBe(status);
    const { detail } = (await answer.json()) as { detail: unknown };
    expect(status === 422 ? (detail as { msg: unknown }[])[0]?.msg : detail).toEqual(expect.any(String));
  });

  test('refuses what is no picture', async () => {
    const wrong = new FormData();
    wrong.set('blob', new Blob(['no picture']), 'x.png');
    const answer = await fetch(`${service.url}/classify`, { method: 'POST', body: wrong });
    expect([answer.status, await answer.json()]).toEqual([415, { detail: expect.any(String) as string }]);
  });
});

test('GET /classes lists the labels in order, and /cfg says the size by either method', async () => {
  expect(await (await fetch(`${service.url}/classes`)).json()).toEqual([
    'Quercus robur leaf',
    'Quercus ilex leaf',
    'Quercus ilex fruit',
  ]);
  for (const method of ['GET', 'POST']) {
    expect(await (await fetch(`${service.url}/cfg`, { method })).json()).toEqual({ input_dims: '8x8x3' });
  }
});

test('pages of any origin may ask, as there, and those of the service itself stay closed to them', async () => {
  const headers = { origin: 'https://plants.example' };
  const asked = await fetch(`${service.url}/classes`, { headers });
  expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
  const before = await fetch(`${service.url}/classify`, {
    method: 'OPTIONS',
    headers: { ...headers, 'access-control-request-method': 'POST', 'access-control-request-private-network': 'true' },
  });
  expect([before.status, before.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
  expect(before.headers.get('access-control-allow-private-network')).toBeNull();
  expect((await fetch(`${service.url}/v1/models`, { headers })).status).toBe(403);
});

test.each([
  ['POST /classify', '/classify', 'blob'],
  ['POST /v1/classify', '/v1/classify', 'file'],
])('%s reads a form however its boundary is spelt', async (_, path, field) => {
  const head = `--b-1\r\ncontent-disposition: form-data; name="${field}"; filename="x.png"\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), picture, Buffer.from('\r\n--b-1--\r\n')]);
  for (const type of ['boundary="b-1"', 'charset=utf-8; boundary=b-1', 'Boundary=b-1']) {
    const headers = { 'content-type': `multipart/form-data; ${type}` };
    expect((await fetch(service.url + path, { method: 'POST', headers, body })).status).toBe(200);
  }
});

test('a form of more fields than any has is refused', async () => {
  const many = new FormData();
  for (let field = 0; field < 100; field++) many.set(`field-${field}`, '');
  expect((await fetch(`${service.url}/classify`, { method: 'POST', body: many })).status).toBe(422);
});

test('a field that is missing is told as FastAPI tells it', async () => {
  const answer = await fetch(`${service.url}/classify`, { method: 'POST', body: form({}, null) });
  expect(await answer.json()).toEqual({ detail: [{ type: 'missing', loc: ['body', 'blob'], msg: 'Field required' }] });
});

test('health and config mean the same service by the same variables', async () => {
  const env = { ...variables(), ONLOOKER_COMPAT: 'classification', SERVER_PORT: String(service.port) };
  expect((await onlooker(['health'], env)).code).toBe(0);
  expect((await onlooker(['config'], { ...env, SERVER_PORT: '8765' })).stdout).toMatch(/ONLOOKER_PORT +8765/);
});

describe('its variables', () => {
  test('INFERENCE_PREPROCESS, INFERENCE_MINIMUM_THRESHOLD, INPUT_CHANNELS and empty ones count', async () => {
    const other = await serving({
      INFERENCE_PREPROCESS: 'inception_v3',
      INFERENCE_MINIMUM_THRESHOLD: '0.99',
      SERVER_PORT: '',
      SCHEDULER_FLUSH_INTERVAL: '3.0',
      SCHEDULER_QUEUE_SIZE: '128',
      INPUT_BATCH: '32',
    });
    // Pixels of -1..1 leave little between the classes of this network.
    const [first] = (await classified({ regions: '0,0,16', top_n: '1' }, other)) as Record<string, number>[];
    expect(Object.values(first ?? {})[0]).toBeLessThan(0.5);
    expect(await classified({ regions: '0,0,16', consolidate: '1' }, other)).toEqual([['Especie desconocida', null]]);
    const { settings } = (await (await fetch(`${other.url}/v1/config`)).json()) as {
      settings: { name: string; value: unknown }[];
    };
    const value = (name: string) => settings.find((setting) => setting.name === name)?.value;
    expect([value('maxBatch'), value('maxWaitingRequests'), value('classMinimum')]).toEqual([32, 128, 0.99]);
    expect(await other.stop()).toBe(0);
  });

  test('INPUT_WIDTH and INPUT_HEIGHT say the size of a model that leaves it free, which else is 299 x 299', async () => {
    await writeFile(at('free.onnx'), tinyClassifier({ input: [1, 3, 'height', 'width'] }));
    for (const [env, dims] of [
      [{}, '299x299x3'],
      [{ INPUT_WIDTH: '24', INPUT_HEIGHT: '16' }, '16x24x3'],
    ] as const) {
      const other = await serving({ INFERENCE_MODEL: at('free.onnx'), INFERENCE_PREPROCESS: 'none', ...env });
      expect(await (await fetch(`${other.url}/cfg`)).json()).toEqual({ input_dims: dims });
      expect(await other.stop()).toBe(0);
    }
  });

  test.each([
    [{ INFERENCE_MODEL: '' }, /INFERENCE_MODEL must name the model/],
    [{ INFERENCE_MODEL: '/nowhere.onnx' }, /INFERENCE_MODEL: .*no such file/i],
    [{ INFERENCE_CLASSES_FILE: '/nowhere.txt' }, /INFERENCE_CLASSES_FILE: there is no file/],
    [{ INFERENCE_PREPROCESS: 'resnet5000' }, /INFERENCE_PREPROCESS: "resnet5000" is none of .*inception_v3/],
    [{ INPUT_CHANNELS: '2' }, /INPUT_CHANNELS must be 1 or 3/],
    [{ INPUT_WIDTH: 'wide' }, /INPUT_WIDTH must be a whole number/],
    [{ INFERENCE_MINIMUM_THRESHOLD: '2' }, /INFERENCE_MINIMUM_THRESHOLD must be a number from 0 to 1/],
    [{ SCHEDULER_FLUSH_INTERVAL: 'soon' }, /SCHEDULER_FLUSH_INTERVAL must be a number/],
    [{ SERVER_PORT: '99999' }, /SERVER_PORT must be a whole number/],
  ])('that are wrong end the start with one line: %j', async (env, line) => {
    const { code, stderr } = await failingStart({ ...variables(), ...env }, undefined, ['--compat', 'classification']);
    expect([code, stderr.trim().split('\n')]).toEqual([2, [expect.stringMatching(line)]]);
  });
});

test.each([
  ['1,2,3', [{ top: 1, left: 2, width: 3, height: 3 }]],
  [' 1, 2 ,3 ; 4,5,6;', [{ top: 1 }, { top: 4, left: 5, width: 6 }]],
  [undefined, null],
])('regions %j are read', (text, regions) => {
  if (regions === null) expect(regionsOf(text)).toBeNull();
  else expect(regionsOf(text)).toMatchObject(regions);
});
