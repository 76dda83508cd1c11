// Faces that resemble each other, in pictures of odd shapes: what a user gets over HTTP.
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { asBody, asJson } from './support/images.js';
import { startService, type RunningService } from './support/service.js';

interface Named {
  readonly box: readonly [number, number, number, number];
  readonly person: { readonly id: string } | null;
  readonly reason?: string;
  readonly candidates: readonly { readonly id: string }[];
}
interface Answer {
  readonly status: number;
  readonly json: Record<string, unknown>;
}
let service: RunningService;
const pictures = new Map<string, Buffer>();
const picture = (name: string): Buffer => pictures.get(name) ?? Buffer.alloc(0);

beforeAll(async () => {
  service = await startService();
  for (const name of ['franck_01829.jpg', 'franck_02045.jpg', 'audrey.jpg', 'SeanConnery.jpg'])
    pictures.set(name, await readFile(await fixture(name)));
});
afterAll(async () => {
  expect(service.log).not.toMatch(/"level":(50|60)/);
  expect(await service.stop()).toBe(0);
});

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const payload = body instanceof Uint8Array ? asBody(body) : body === undefined ? undefined : asJson(body);
  const response = await fetch(`${service.url}${path}`, { method, ...(payload && { body: payload }) });
  const text = await response.text();
  return { status: response.status, json: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}
const newPerson = async (name: string): Promise<string> => (await call('POST', '/v1/people', { name })).json['id'] as string;
async function identify(image: Uint8Array): Promise<readonly Named[]> {
  const { json } = await call('POST', '/v1/identify', image);
  // From left to right.
  return [...(json['faces'] as Named[])].sort((one, other) => one.box[0] - other.box[0]);
}
const namesOf = (faces: readonly Named[]) => faces.map(({ person, reason }) => person?.id ?? reason);

/** Pictures one beside the other, each as high as the frame. */
async function beside(width: number, height: number, names: readonly (readonly [string, number])[]): Promise<Buffer> {
  const parts = names.map(async ([name, left]) => ({
    input: await sharp(picture(name)).resize(height, height, { fit: 'cover' }).toBuffer(),
    left,
    top: 0,
  }));
  return sharp({ create: { width, height, channels: 3, background: '#687880' } })
    .composite(await Promise.all(parts))
    .jpeg({ quality: 92 })
    .toBuffer();
}

test('a twin is refused by default, enrolled where one says that they are two, and then a face near both is ambiguous', async () => {
  const [tim, ben] = [await newPerson('Tim'), await newPerson('Ben')];
  const [first, second] = [picture('franck_01829.jpg'), picture('franck_02045.jpg')];
  expect((await call('POST', `/v1/people/${tim}/faces`, first)).status).toBe(201);
  expect(namesOf(await identify(second))).toEqual([tim]);
  expect(await call('POST', `/v1/people/${ben}/faces`, second)).toMatchObject({
    status: 409,
    json: { error: { code: 'CONFLICT', details: { person: tim } } },
  });
  expect((await call('POST', `/v1/people/${ben}/faces?twin_of=nobody`, second)).status).toBe(404);
  expect((await call('POST', `/v1/people/${ben}/faces?twin_of=${ben}`, second)).status).toBe(400);

  expect((await call('POST', `/v1/people/${ben}/faces?twin_of=${tim}`, second)).status).toBe(201);
  expect((await call('GET', `/v1/people/${tim}`)).json['twins']).toEqual([ben]);
  for (const image of [first, second]) {
    const [face] = await identify(image);
    expect(face).toMatchObject({ person: null, reason: 'ambiguous' });
    expect(face?.candidates.map(({ id }) => id).sort()).toEqual([tim, ben].sort());
  }
  // Either may have more faces by now.
  const third = await readFile(await fixture('franck_02159.jpg'));
  expect((await call('POST', `/v1/people/${tim}/faces`, third)).status).toBe(201);
  const lookalikes = (await call('GET', '/v1/people/lookalikes')).json;
  expect(lookalikes['pairs']).toEqual([]);

  expect((await call('DELETE', `/v1/people/${tim}/twins/${ben}`)).status).toBe(204);
  expect((await call('DELETE', `/v1/people/${tim}/twins/${ben}`)).status).toBe(404);
  expect(namesOf(await identify(first))).toEqual([tim]);
  expect(await call('POST', `/v1/people/${ben}/twins`, { of: tim })).toMatchObject({ status: 200, json: { twins: [tim] } });
  expect(namesOf(await identify(first))).toEqual(['ambiguous']);
  expect((await call('DELETE', `/v1/people/${ben}`)).status).toBe(204);
  expect(namesOf(await identify(first))).toEqual([tim]);
  expect((await call('DELETE', `/v1/people/${tim}`)).status).toBe(204);
});

test('of one person twice in a picture, the more similar face is named and the other is ambiguous', async () => {
  const person = await newPerson('Franck');
  expect((await call('POST', `/v1/people/${person}/faces`, picture('franck_01829.jpg'))).status).toBe(201);
  const twice = await beside(1280, 640, [
    ['franck_02045.jpg', 0],
    ['franck_01829.jpg', 640],
  ]);
  expect(namesOf(await identify(twice))).toEqual(['ambiguous', person]);
  const mirrored = await sharp(twice).flop().jpeg().toBuffer();
  const faces = await identify(mirrored);
  expect(namesOf(faces)).toEqual([person, 'ambiguous']);
  expect(faces[1]?.candidates[0]?.id).toBe(person);
  expect((await call('DELETE', `/v1/people/${person}`)).status).toBe(204);
});

test.each([
  ['32:9', 2560, 720, ['franck_01829.jpg', 'SeanConnery.jpg'], [100, 1800]],
  ['a panorama', 4000, 400, ['franck_01829.jpg', 'audrey.jpg', 'SeanConnery.jpg'], [60, 1700, 3580]],
] as const)('faces in a picture of %s are found where they are', async (_, width, height, names, lefts) => {
  const alone = await Promise.all(
    names.map(async (name) => (await identify(await beside(height, height, [[name, 0]])))[0]?.box ?? [0, 0, 0, 0]),
  );
  const found = await identify(
    await beside(
      width,
      height,
      names.map((name, index) => [name, lefts[index] ?? 0] as const),
    ),
  );
  expect(found).toHaveLength(names.length);
  found.forEach(({ box: [x, y, w, h] }, index) => {
    const [aloneX = 0, aloneY = 0, aloneW = 0, aloneH = 0] = alone[index] ?? [];
    const left = lefts[index] ?? 0;
    // The detector frames a face a little otherwise in every shape of a picture.
    for (const [value, wanted] of [
      [x, left + aloneX],
      [y, aloneY],
      [w, aloneW],
      [h, aloneH],
    ] as const)
      expect(Math.abs(value - wanted)).toBeLessThan(0.2 * aloneH);
  });
});

test('faces in a tall picture are found where they are', async () => {
  const wide = await beside(1600, 400, [
    ['franck_01829.jpg', 30],
    ['audrey.jpg', 1150],
  ]);
  // Each upright in its place, one above the other.
  const place = async (left: number) => sharp(wide).extract({ left, top: 0, width: 400, height: 400 }).toBuffer();
  const tall = await sharp({ create: { width: 400, height: 1600, channels: 3, background: '#687880' } })
    .composite([
      { input: await place(30), left: 0, top: 30 },
      { input: await place(1150), left: 0, top: 1150 },
    ])
    .jpeg({ quality: 92 })
    .toBuffer();
  const found = [...(await identify(tall))].sort((one, other) => one.box[1] - other.box[1]);
  expect(found.map(({ box }) => Math.floor((box[1] + box[3] / 2) / 400))).toEqual([0, 3]);
});
