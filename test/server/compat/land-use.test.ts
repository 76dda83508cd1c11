// In the place of a land-use classifier: one address, the index of the best class and the probabilities of all.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tinyClassifier } from '../../models/served/tiny-classifier.js';
import { failingStart, launchService, until, type RunningService } from '../support/service.js';

let folder: string;
let service: RunningService;
let picture: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-compat-'));
  const model = join(folder, 'land.onnx');
  await writeFile(model, tinyClassifier({ input: [1, 3, 'height', 'width'], classes: 21 }));
  picture = await sharp({ create: { width: 300, height: 200, channels: 3, background: { r: 0, g: 255, b: 0 } } })
    .png()
    .toBuffer();
  service = await launchService({ LAND_USE_MODEL: model }, ['--compat', 'land-use']);
  await until(async () => ((await fetch(`${service.url}/ready`)).ok ? true : undefined));
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
  await rm(folder, { recursive: true });
});

const form = (field: string): FormData => {
  const made = new FormData();
  made.set(field, new Blob([new Uint8Array(picture)]), 'field.png');
  return made;
};

test.each(['/predict-land-use/', '/predict-land-use'])(
  'POST %s tells the best class and all probabilities in order',
  async (path) => {
    const answer = await fetch(service.url + path, { method: 'POST', body: form('file') });
    const body = (await answer.json()) as { prediction: number; prediction_probability: number[][] };
    expect(Object.keys(body).sort()).toEqual(['prediction', 'prediction_probability']);
    const [probabilities = []] = body.prediction_probability;
    expect(probabilities).toHaveLength(21);
    expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4);
    expect(probabilities[body.prediction]).toBe(Math.max(...probabilities));
  },
);

test('its classes are those of UC Merced, in alphabetical order, for the rest of the service too', async () => {
  const answer = await fetch(`${service.url}/v1/classify?top_n=21`, { method: 'POST', body: new Uint8Array(picture) });
  const { classes } = (await answer.json()) as { classes: { label: string; index: number }[] };
  const labels = classes.sort((a, b) => a.index - b.index).map(({ label }) => label);
  expect(labels).toHaveLength(21);
  expect(labels).toEqual([...labels].sort());
  expect(labels[0]).toBe('agricultural');
});

test('a form without the file is refused with a detail', async () => {
  const answer = await fetch(`${service.url}/predict-land-use/`, { method: 'POST', body: form('image') });
  expect([answer.status, await answer.json()]).toEqual([
    422,
    { detail: [{ type: 'missing', loc: ['body', 'file'], msg: 'Field required' }] },
  ]);
});

test('without a model it does not start, and says which variable names one', async () => {
  const { code, stderr } = await failingStart({}, undefined, ['--compat', 'land-use']);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/LAND_USE_MODEL must name the model/)]);
});
