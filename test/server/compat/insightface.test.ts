// The clients of a service around InsightFace, served by a real service with the default pack.
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { family } from '../../../models/families/arcface.js';
import { cosine } from '../../../pipeline/geometry/cosine.js';
import { fitSimilarity, writeAligned } from '../../../pipeline/tasks/faces/align.js';
import { preparePack } from '../../../models/pack.js';
import { cacheDir, fixture } from '../../fixtures.js';
import { asBody } from '../support/images.js';
import { onlooker } from '../../clients/program.js';
import { startService, type RunningService } from '../support/service.js';

interface Face {
  readonly bbox: readonly number[];
  readonly kps: readonly (readonly number[])[];
  readonly det_score: number;
  readonly age: number | null;
  readonly gender: string | null;
  readonly embedding?: readonly number[];
}

let service: RunningService;
let photograph: Buffer;

beforeAll(async () => {
  photograph = await readFile(await fixture('franck_01829.jpg'));
  service = await startService({ ONLOOKER_COMPAT: 'insightface' });
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
});

async function ask(path: string, picture: Buffer, fields: Readonly<Record<string, string>> = {}) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  body.set('file', new Blob([asBody(picture)]), 'face.png');
  return fetch(service.url + path, { method: 'POST', body });
}
async function detected(path = '/detect', fields = {}): Promise<readonly Face[]> {
  const answer = await ask(path, photograph, fields);
  expect(answer.status).toBe(200);
  const { faces, count } = (await answer.json()) as { faces: Face[]; count: number };
  expect(count).toBe(faces.length);
  return faces;
}

/** The face cut out as its points say, as clients of `/embed` have it. */
async function alignedFace({ kps }: Face): Promise<Buffer> {
  const { data, info } = await sharp(photograph).rotate().removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height, mean, scale } = family.input;
  const planes = new Float32Array(width * height * 3);
  const picture = { data: new Uint8Array(data), width: info.width, height: info.height };
  writeAligned(picture, fitSimilarity(family.template, kps.flat()), family.input, planes, 0);
  const size = width * height;
  const pixels = Uint8Array.from({ length: size * 3 }, (_, at) =>
    Math.round((planes[(at % 3) * size + Math.floor(at / 3)] ?? 0) / scale + mean),
  );
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

test('POST /detect tells the faces of a picture, with embeddings where they are asked for', async () => {
  const [face, ...others] = await detected();
  expect(others).toEqual([]);
  expect(face).toEqual({
    bbox: [expect.any(Number), expect.any(Number), expect.any(Number), expect.any(Number)],
    kps: new Array(5).fill([expect.any(Number), expect.any(Number)]),
    det_score: expect.any(Number) as number,
    age: expect.any(Number) as number,
    gender: 'M',
  });
  const [left = 0, top = 0, right = 0, bottom = 0] = face?.bbox ?? [];
  for (const [x = 0, y = 0] of face?.kps ?? []) expect(x > left && x < right && y > top && y < bottom).toBe(true);
  const ways = [detected('/detect', { include_embeddings: 'true' }), detected('/detect?include_embeddings=true')];
  for (const [embedded] of await Promise.all(ways)) expect(embedded?.embedding).toHaveLength(512);
});

test('POST /embed tells the embedding of a face that is cut out, which is that of the face in its picture', async () => {
  const [face] = await detected('/detect', { include_embeddings: '1' });
  if (face?.embedding === undefined) throw new Error('no embedding');
  const cutOut = await alignedFace(face);
  const whole = Float32Array.from(face.embedding);
  for (const picture of [cutOut, await sharp(cutOut).resize(224, 224).png().toBuffer()]) {
    const answer = await ask('/embed', picture);
    const told = (await answer.json()) as { embedding: number[]; embedding_dim: number; model: string };
    expect([told.embedding_dim, told.model]).toEqual([512, 'default/fr_feature']);
    expect(cosine(Float32Array.from(told.embedding), whole)).toBeGreaterThan(0.95);
  }
});

test('errors have their status, and a picture without faces has none', async () => {
  const nobody = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'grey' } })
    .png()
    .toBuffer();
  expect(await (await ask('/detect', nobody)).json()).toMatchObject({ faces: [], count: 0 });
  for (const path of ['/detect', '/embed']) {
    const broken = await ask(path, photograph.subarray(0, 100));
    expect([path, broken.status, Object.keys((await broken.json()) as object)]).toEqual([path, 400, ['detail']]);
    expect((await fetch(service.url + path, { method: 'POST', body: new FormData() })).status).toBe(422);
  }
  expect(await (await fetch(`${service.url}/health`)).json()).toMatchObject({ status: 'ok' });
});

test('another port, no ages, and the limits of an attendance service are said by their variables', async () => {
  const configured = async (env: Readonly<Record<string, string>>) => (await onlooker(['config'], env)).stdout;
  const own = await configured({ ONLOOKER_COMPAT: 'insightface', PORT: '5556', ONLOOKER_ATTRIBUTES: 'none' });
  expect(own).toMatch(/ONLOOKER_PORT +5556/);
  expect(own).not.toMatch(/ONLOOKER_ATTRIBUTES +age/);
  expect(await configured({ ONLOOKER_COMPAT: 'insightface' })).toMatch(/ONLOOKER_ATTRIBUTES +age,\s*gender/);
  expect(await configured({ ONLOOKER_COMPAT: 'attendance' })).toMatch(/ONLOOKER_ENROL_MIN_FACE_PX +50/);
});

test('a pack that cannot tell ages is served without them', async () => {
  const pack = await preparePack({ pack: 'retinaface', cacheDir });
  expect(pack.attributes).toEqual([]);
  const other = await startService({ ONLOOKER_COMPAT: 'insightface', ONLOOKER_PACK: 'retinaface' });
  const body = new FormData();
  body.set('file', new Blob([asBody(photograph)]), 'face.jpg');
  const answer = await fetch(`${other.url}/detect`, { method: 'POST', body });
  expect(await answer.json()).toMatchObject({ count: 1, faces: [{ age: null, gender: null }] });
  expect(await other.stop()).toBe(0);
});
