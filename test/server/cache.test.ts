// Images that come again, over real HTTP and WebSocket: answered from memory, and never with yesterday's people.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { asBody, asJson } from './support/images.js';
import { PATIENT, startService, type RunningService } from './support/service.js';
import { Socket } from './support/socket.js';

type Payload = Readonly<Record<string, unknown>> & {
  readonly timing: Readonly<Record<string, number>>;
  readonly gallery_version: number;
  readonly faces: readonly { readonly person?: { readonly id: string; readonly name: string } | null }[];
};

let service: RunningService;
let still: Buffer;
let other: Buffer;

beforeAll(async () => {
  service = await startService({ ...PATIENT, ONLOOKER_CACHE_STREAMS: 'true', ONLOOKER_TRACKING: 'false' });
  still = await readFile(await fixture('franck_01829.jpg'));
  other = await readFile(await fixture('franck_02045.jpg'));
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
});

async function ask(path: string, image: Uint8Array): Promise<Payload> {
  const response = await fetch(`${service.url}/v1/${path}`, { method: 'POST', body: asBody(image) });
  expect(response.ok).toBe(true);
  return (await response.json()) as Payload;
}
async function change(method: string, path: string, body?: object): Promise<{ readonly id: string; readonly face: string }> {
  const response = await fetch(`${service.url}/v1/people${path}`, {
    method,
    ...(body === undefined ? {} : { body: body instanceof Uint8Array ? asBody(body) : asJson(body) }),
  });
  expect(response.ok).toBe(true);
  return (response.status === 204 ? {} : await response.json()) as { id: string; face: string };
}
const lookups = (result: string): Promise<number> => service.metric(`onlooker_cache_lookups_total{result="${result}"}`);
const withoutTiming = ({ timing: _, ...payload }: Payload): object => payload;
const nameIn = ({ faces }: Payload): string | undefined => faces[0]?.person?.name;

test('an image that comes again is answered the same, at once, and counted', async () => {
  const first = await ask('identify', still);
  const before = await lookups('hit');
  const again = await ask('identify', still);
  expect(withoutTiming(again)).toEqual(withoutTiming(first));
  expect(again.timing).toMatchObject({ decode: 0, preprocess: 0, infer: 0, match: 0 });
  expect(again.timing['total']).toBeGreaterThan(0);
  await ask('embed', still);
  await ask('detect', still);
  expect(await lookups('hit')).toBe(before + 3);
  expect(await service.metric('onlooker_cache_images')).toBeGreaterThan(0);
  expect(await service.metric('onlooker_cache_bytes')).toBeGreaterThan(0);
});

test('whoever is enrolled, renamed, or deleted is so in the very next answer', async () => {
  expect(nameIn(await ask('identify', still))).toBeUndefined();
  const { id } = await change('POST', '', { name: 'Ada' });
  await change('POST', `/${id}/faces`, still);
  expect(nameIn(await ask('identify', still))).toBe('Ada');
  await change('PATCH', `/${id}`, { name: 'Grace' });
  const renamed = await ask('identify', still);
  expect(nameIn(renamed)).toBe('Grace');
  expect(nameIn(await ask('identify', still))).toBe('Grace');
  // What needs no people is answered from memory, with the gallery's version of today.
  const detected = await ask('detect', still);
  expect(detected.timing['infer']).toBe(0);
  expect(detected.gallery_version).toBe(renamed.gallery_version);
  const second = await change('POST', `/${id}/faces`, other);
  await change('DELETE', `/${id}/faces/${second.face}`);
  expect(await service.metric('onlooker_cache_images')).toBe(0);
  await ask('identify', still);
  await change('DELETE', `/${id}`);
  expect(await service.metric('onlooker_cache_images')).toBe(0);
  expect(nameIn(await ask('identify', still))).toBeUndefined();
});

test('one image from many at once is worked on once', async () => {
  const { id } = await change('POST', '', { name: 'Ada' });
  const detections = (): Promise<number> => service.metric('onlooker_stage_seconds_count{stage="decode"}');
  const before = await detections();
  const answers = await Promise.all(Array.from({ length: 12 }, () => ask('identify', still)));
  expect(new Set(answers.map((answer) => JSON.stringify(withoutTiming(answer)))).size).toBe(1);
  expect(await detections()).toBe(before + 1);
  await change('DELETE', `/${id}`);
});

test('an image that is bad is bad each time', async () => {
  for (let time = 0; time < 2; time++) {
    const response = await fetch(`${service.url}/v1/detect`, { method: 'POST', body: asBody(still.subarray(0, 2000)) });
    expect(response.status).toBe(400);
  }
});

test('a stream whose faces are not followed has it where that was asked for, in order and with nothing lost', async () => {
  const socket = await Socket.withStream(service.wsUrl, { task: 'detect' });
  const before = await lookups('miss');
  for (let seq = 0; seq < 6; seq++) {
    socket.send({ t: 'frame', stream: 'door', seq, image: seq % 2 === 0 ? still : other });
    const result = await socket.next('result');
    expect(result).toMatchObject({ seq, status: 'ok' });
    if (seq >= 2) expect((result['timing'] as Record<string, number>)['infer']).toBe(0);
  }
  expect((await lookups('miss')) - before).toBeLessThanOrEqual(2);
  socket.send({ t: 'close', stream: 'door' });
  expect((await socket.next('closed'))['stats']).toEqual({ received: 6, ok: 6, dropped: 0, errors: 0 });
  await socket.close();
});
