// The service stands still for some seconds, as on a machine that is paused, and goes on: cameras, clients and whoever is in view
// were there all the time, and what they sent meanwhile waits.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConnectionLostError, OnlookerClient } from '../../clients/client.js';
import { fixture } from '../fixtures.js';
import { startMjpegCamera } from '../sources/camera/mjpeg-camera.js';
import { startCamera } from '../sources/camera/rtsp-camera.js';
import { asJson } from './support/images.js';
import { startService, until, type RunningService } from './support/service.js';
import { Socket, type Message } from './support/socket.js';

/** Longer than somebody may be out of view without having left. */
const STANDS_MS = 6500;
/** Longer than anything here waits for an answer. */
const LONG_MS = 40_000;
const FPS = 3;
/** Of each stream, after a standstill. */
const MORE = 5;

const open: { close(): unknown }[] = [];
let service: RunningService;
let face: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  face = new Uint8Array(
    await sharp(await fixture('franck_01829.jpg'))
      .resize(640, 512)
      .jpeg()
      .toBuffer(),
  );
  const nobody = await sharp({ create: { width: 320, height: 256, channels: 3, background: 'grey' } })
    .jpeg()
    .toBuffer();
  // A slow machine must lose no frame here.
  service = await startService({ ONLOOKER_IDLE_TIMEOUT_S: '32', ONLOOKER_DEADLINE_MS: '60000' });
  const mjpeg = await startMjpegCamera({ images: [face], fps: FPS });
  const rtsp = await startCamera({ video: 'testsrc=size=160x96', isGenerated: true, seconds: 2, fps: 10 });
  const still = createServer((_, response) => response.setHeader('Content-Type', 'image/jpeg').end(nobody)).listen(
    0,
    '127.0.0.1',
  );
  await once(still, 'listening');
  open.push(mjpeg, rtsp, {
    close: () => {
      still.closeAllConnections();
      still.close();
    },
  });
  await added('mjpeg', mjpeg.url);
  await added('rtsp', rtsp.url);
  await added('still', `http://127.0.0.1:${(still.address() as AddressInfo).port}/snap`);
}, 120_000);
afterAll(async () => {
  expect(service.log).not.toMatch(/"level":(50|60)/);
  await service.stop();
  for (const thing of open) await thing.close();
});

async function added(id: string, url: string): Promise<void> {
  const answer = await fetch(`${service.url}/v1/streams`, { method: 'POST', body: asJson({ id, url, fps: FPS }) });
  expect(answer.status).toBe(201);
}
/** On a connection of its own: one that was kept may have run out. */
async function get<T>(path: string): Promise<T> {
  const response = await fetch(service.url + path, { headers: { connection: 'close' } });
  return (await response.json()) as T;
}
/** One picture again and again is frozen in the end; that is another matter. */
const told = async (): Promise<string[]> =>
  (await get<{ events: Message[] }>('/v1/events?limit=1000')).events
    .filter(({ kind }) => kind !== 'stream_frozen')
    .map(({ stream, kind }) => `${String(stream)} ${String(kind)}`)
    .sort();
async function received(id: string): Promise<number> {
  return (await get<{ frames?: { ok: number } }>(`/v1/streams/${id}`)).frames?.ok ?? 0;
}
/** Each stream has answered some more frames. */
async function goesOn(): Promise<void> {
  for (const id of ['mjpeg', 'rtsp', 'still']) {
    const before = await received(id);
    await until(async () => ((await received(id)) >= before + MORE ? true : undefined));
  }
}
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const ffmpegs = (): number[] =>
  execFileSync('ps', ['-o', 'pid=', '--ppid', String(service.pid)])
    .toString()
    .trim()
    .split(/\s+/)
    .map(Number);

async function standStill(ms: number, pids: readonly number[]): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await sleep(ms);
  for (const pid of pids) process.kill(pid, 'SIGCONT');
}

const ALL_UP = ['mjpeg appear', 'mjpeg stream_up', 'rtsp stream_up', 'still stream_up'];

test.each([
  ['for longer than a face may be out of view', STANDS_MS, false],
  ['for longer than anybody would wait', LONG_MS, false],
  ['for so long with all that it had started, as where the machine is paused', LONG_MS, true],
])(
  'a service that stood still %s tells of no camera that was lost, and of nobody who left',
  { timeout: 240_000 },
  async (_, ms, withChildren) => {
    const idle = await Socket.connect(service.wsUrl);
    let isClosed = false;
    void idle.closed.then(() => (isClosed = true));
    await until(async () => ((await told()).length >= ALL_UP.length ? true : undefined));
    await goesOn();
    await standStill(ms, [service.pid, ...(withChildren ? ffmpegs() : [])]);
    await goesOn();
    expect(await told()).toEqual(ALL_UP);
    expect(isClosed).toBe(false);
    await idle.close();
  },
);

test('frames sent before and while the service stood are each answered once, in order, or accounted for', async () => {
  const door = await Socket.withStream(service.wsUrl, { stream: 'door', task: 'detect' });
  const send = (seq: number): void => door.send({ t: 'frame', stream: 'door', seq, image: face });
  send(0);
  send(1);
  const standing = standStill(STANDS_MS, [service.pid]);
  for (let seq = 2; seq < 8; seq++) send(seq);
  await standing;
  const results: Message[] = [];
  while (results.length < 8) results.push(await door.next('result'));
  expect(results.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(results.at(-1)).toMatchObject({ status: 'ok' });
  for (const { status, reason } of results)
    expect([status, reason]).toEqual(status === 'ok' ? ['ok', undefined] : ['dropped', 'superseded']);
  await door.close();
}, 60_000);

test('a client waits for a service that stands still, and comes back to one that stood for longer than it waits', async () => {
  const breaks: string[] = [];
  const client = async (id: string, answerTimeoutMs: number) => {
    const link = await OnlookerClient.connect(service.url, { answerTimeoutMs });
    link.on('disconnected', () => breaks.push(id));
    return { link, stream: await link.open({ stream: id, task: 'detect' }) };
  };
  const [patient, hasty] = await Promise.all([client('patient', 60_000), client('hasty', 2000)]);
  const standing = standStill(STANDS_MS, [service.pid]);
  const hastened = expect(hasty.stream.send(face)).rejects.toBeInstanceOf(ConnectionLostError);
  const waited = patient.stream.send(face);
  await standing;
  await hastened;
  expect(await waited).toMatchObject({ status: 'ok' });
  expect(await hasty.stream.send(face)).toMatchObject({ status: 'ok' });
  expect(new Set(breaks)).toEqual(new Set(['hasty']));
  await Promise.all([patient.link.close(), hasty.link.close()]);
}, 60_000);
