// What a real service tells of real faces beside who they are, and what it costs.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DetectedFace, FaceAttributes } from '../../protocol/payloads.js';
import type { LoadedModel } from '../../protocol/models.js';
import { fixture } from '../fixtures.js';
import { asBody } from './support/images.js';
import { PATIENT, startService, type RunningService } from './support/service.js';
import { Socket, type Message } from './support/socket.js';

let service: RunningService;
let photograph: Buffer;

beforeAll(async () => {
  photograph = await readFile(await fixture('franck_01829.jpg'));
  service = await startService({ ...PATIENT, ONLOOKER_ATTRIBUTES: 'gender, pose,liveness_score' });
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
});

const ask = (path: string) => fetch(service.url + path, { method: 'POST', body: asBody(photograph) });
async function attributesOf(path: string): Promise<FaceAttributes | null | undefined> {
  const { faces } = (await (await ask(path)).json()) as { faces: DetectedFace[] };
  expect(faces).toHaveLength(1);
  return faces[0]?.attributes;
}

test.each(['detect', 'identify', 'embed'])('/v1/%s tells what is asked for, and nothing else', async (task) => {
  expect(await attributesOf(`/v1/${task}`)).toBeUndefined();
  const told = await attributesOf(`/v1/${task}?attributes=gender,pose`);
  expect(Object.keys(told ?? {}).sort()).toEqual(['gender', 'pose']);
  expect(told?.gender?.label).toBe('man');
  for (const angle of Object.values(told?.pose ?? {})) expect(Math.abs(angle)).toBeLessThan(40);
  const others = await attributesOf(`/v1/${task}?attributes=liveness_score`);
  expect(Object.keys(others ?? {})).toEqual(['liveness_score']);
  expect(others?.liveness_score).toBeGreaterThan(0.5);
});

test('what is not loaded is refused with the setting that loads it, and what nobody knows as wrong', async () => {
  const missing = await ask('/v1/detect?attributes=age');
  expect(missing.status).toBe(503);
  expect(await missing.text()).toContain('ONLOOKER_ATTRIBUTES');
  expect((await ask('/v1/detect?attributes=shoe_size')).status).toBe(400);
  const { models } = (await (await fetch(`${service.url}/v1/models`)).json()) as { models: LoadedModel[] };
  expect(models.filter(({ task }) => task === 'attributes').map(({ id }) => id)).toEqual([
    'default/fr_gender',
    'default/fr_pose',
    'default/fr_liveness',
  ]);
});

test('a stream that follows faces asks once for each, and tells it on every frame and in its events', async () => {
  const looks = () => service.metric('onlooker_batch_size_sum{model="default/fr_gender"}');
  const before = await looks();
  const socket = await Socket.withStream(service.wsUrl, { stream: 'door', send: 'both', attributes: ['gender'] });
  const told: Message[] = [];
  for (let frame = 0; frame < 6; frame++) {
    socket.raw(photograph);
    do told.push(await socket.any());
    while (told.at(-1)?.t !== 'result');
  }
  socket.send({ t: 'close', stream: 'door' });
  do told.push(await socket.any());
  while (told.at(-1)?.t !== 'closed');
  while (told.filter(({ t, kind }) => t === 'event' && kind === 'leave').length < 1) told.push(await socket.any());
  const results = told.filter(({ t }) => t === 'result') as unknown as { faces: DetectedFace[] }[];
  expect(results.map(({ faces: [face] }) => face?.attributes?.gender?.label)).toEqual(new Array(6).fill('man'));
  const events = told.filter(({ t }) => t === 'event') as unknown as { kind: string; attributes?: FaceAttributes }[];
  expect(events.map(({ kind, attributes }) => [kind, attributes?.gender?.label])).toEqual([
    ['appear', 'man'],
    ['leave', 'man'],
  ]);
  expect((await looks()) - before).toBe(1);
  await socket.close();
});
