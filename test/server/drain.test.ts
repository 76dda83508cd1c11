// The end of a service: what is in hand is delivered, everybody is told, nothing is lost, and the exit code says so.
import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { asBody, asJson } from './support/images.js';
import { startService, until } from './support/service.js';
import { refusal, Socket } from './support/socket.js';

let face: Buffer;
beforeAll(async () => {
  face = await readFile(await fixture('franck_01829.jpg'));
});

test.each([
  ['SIGTERM once', ['SIGTERM']],
  ['SIGTERM twice', ['SIGTERM', 'SIGTERM']],
  ['Ctrl-C', ['SIGINT']],
] as const)('on %s frames in hand are answered, waiting ones dropped, then closed, 1001 and exit 0', async (_name, signals) => {
  const service = await startService({ ONLOOKER_CREDITS: '16' });
  const socket = await Socket.withStream(service.wsUrl);
  const idle = await Socket.withStream(service.wsUrl, { stream: 'idle' }, 'onlooker.v1.json');
  for (let i = 0; i < 16; i++) socket.raw(face);
  const request = fetch(`${service.url}/v1/identify`, { method: 'POST', body: asBody(face) });
  await until(async () => ((await service.metric('onlooker_frames_received_total')) === 16 ? true : undefined));
  for (const signal of signals) service.signal(signal);
  const [{ code }, idleClosed] = await Promise.all([socket.closed, idle.closed]);
  expect([code, idleClosed.code]).toEqual([1001, 1001]);
  expect(await service.exited()).toBe(0);
  expect((await request).status).toBe(200);

  const results = socket.inbox.filter(({ t }) => t === 'result');
  expect(results.map(({ seq }) => seq)).toEqual(Array.from({ length: 16 }, (_, seq) => seq));
  const dropped = results.filter(({ status }) => status === 'dropped');
  for (const { reason } of dropped) expect(reason).toBe('draining');
  const ok = results.filter(({ status }) => status === 'ok').length;
  expect(socket.inbox.at(-1)).toMatchObject({
    t: 'closed',
    reason: 'draining',
    stats: { received: 16, ok, dropped: dropped.length, errors: 0 },
  });
  expect(idle.inbox).toMatchObject([{ t: 'closed', stream: 'idle', reason: 'draining', stats: { received: 0 } }]);
  await service.stop();
});

test('while it drains nothing new is taken, and `/ready` says why', async () => {
  const service = await startService({ ONLOOKER_CREDITS: '64', ONLOOKER_LANES: '1', ONLOOKER_PREPROCESS_WORKERS: '1' });
  const socket = await Socket.withStream(service.wsUrl);
  // A request whose body is not complete keeps the drain waiting for as long as this test needs.
  let finish: (() => void) | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(face.subarray(0, 1000));
      finish = () => {
        controller.enqueue(face.subarray(1000));
        controller.close();
      };
    },
  });
  const request = fetch(`${service.url}/v1/identify`, { method: 'POST', body, duplex: 'half' } as RequestInit);
  await until(async () => ((await fetch(`${service.url}/health`)).ok ? true : undefined));
  service.signal('SIGTERM');
  const ready = await until(async () => {
    const response = await fetch(`${service.url}/ready`);
    return response.status === 503 ? response : undefined;
  });
  expect(await ready.json()).toMatchObject({ status: 'not_ready', missing: ['draining'] });
  // By then the drain has ended, or was cut short: the default of ONLOOKER_DRAIN_TIMEOUT_MS.
  expect(Number(ready.headers.get('retry-after'))).toBeGreaterThan(1);
  expect(Number(ready.headers.get('retry-after'))).toBeLessThanOrEqual(15);
  expect((await fetch(`${service.url}/health`)).status).toBe(200);
  expect(await refusal(service.wsUrl)).toEqual({ status: 503, code: 'DRAINING' });
  expect((await fetch(`${service.url}/v1/detect`, { method: 'POST', body: asBody(face) })).status).toBe(503);
  expect((await socket.closed).code).toBe(1001);
  finish?.();
  expect([200, 503]).toContain((await request).status);
  expect(await service.exited()).toBe(0);
  await service.stop();
});

test('a client that does not let go is cut off after the drain timeout, with exit code 1', async () => {
  const service = await startService({ ONLOOKER_DRAIN_TIMEOUT_MS: '300' });
  const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(face.subarray(0, 1000)) });
  const request = fetch(`${service.url}/v1/identify`, { method: 'POST', body, duplex: 'half' } as RequestInit).catch(() => 'cut');
  await until(async () => ((await service.metric('onlooker_ready')) === 1 ? true : undefined));
  service.signal('SIGTERM');
  expect(await service.exited()).toBe(1);
  expect(await request).toBe('cut');
  await service.stop();
});

test('what was enrolled is there after a restart', async () => {
  const { mkdtemp, rm } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const dataDir = await mkdtemp(`${tmpdir()}/onlooker-kept-`);
  const first = await startService({ ONLOOKER_DATA_DIR: dataDir });
  const made = await fetch(`${first.url}/v1/people`, { method: 'POST', body: asJson({ name: 'Franck' }) });
  const { id } = (await made.json()) as { id: string };
  expect((await fetch(`${first.url}/v1/people/${id}/faces`, { method: 'POST', body: asBody(face) })).status).toBe(201);
  expect(await first.stop()).toBe(0);
  const second = await startService({ ONLOOKER_DATA_DIR: dataDir });
  const { faces } = (await (await fetch(`${second.url}/v1/identify`, { method: 'POST', body: asBody(face) })).json()) as {
    faces: { person: unknown }[];
  };
  expect(faces[0]?.person).toMatchObject({ id, name: 'Franck' });
  expect(await second.stop()).toBe(0);
  await rm(dataDir, { recursive: true });
});
