// `onlooker streams` as a user runs it, against scripted cameras.
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { finished, onlooker, start } from './program.js';
import { scriptedCameras, SNAPSHOT } from './scripted-cameras.js';
import { ScriptedEvents } from './scripted-events.js';
import { ScriptedService, until } from './scripted-service.js';

let folder: string;
let service: ScriptedService;
let cameras: ReturnType<typeof scriptedCameras>;
let env: Record<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-streams-'));
  const events = new ScriptedEvents();
  cameras = scriptedCameras(events);
  service = await ScriptedService.start({ onRequest: cameras.onRequest }, 0, events);
  env = { ONLOOKER_URL: service.url, TZ: 'UTC' };
});
afterEach(async () => {
  await service.close();
  await rm(folder, { recursive: true, force: true });
});
const run = (...args: string[]) => onlooker(['streams', ...args], env);
const SECRET = 'rtsp://me:hunter2@cam/1';

test('add registers a camera with its settings and never shows its password', async () => {
  const options = ['--fps', '5', '--region', '0,0.5,1,0.5', '--min-face', '40', '--transport', 'udp', '--width', '1280'];
  const shape = ['--aspect', '16:9', '--rotate', '90', '--flip', 'horizontal'];
  const turns = ['--detect-every', '2', '--deadline', '500', '--weight', '1.5'];
  const flags = ['--loop', '--no-realtime', '--motion-gate', '--thumbnails', '--key-frames-only', '--hwaccel', 'auto'];
  const { code, stdout, stderr } = await run('add', 'door', SECRET, ...options, ...shape, ...turns, ...flags);
  expect([code, stdout, stderr]).toEqual([0, '', 'added door (rtsp://***@cam/1): live\n']);
  expect(cameras.streams.get('door')).toMatchObject({
    url: SECRET,
    task: 'faces',
    enabled: true,
    fps: 5,
    region: [0, 0.5, 1, 0.5],
    min_face: 40,
    transport: 'udp',
    width: 1280,
    aspect: '16:9',
    rotate: 90,
    flip: 'horizontal',
    detect_every: 2,
    deadline_ms: 500,
    weight: 1.5,
    loop: true,
    realtime: false,
    motion_gate: true,
    thumbnails: true,
    key_frames_only: true,
    hwaccel: 'auto',
  });
});

test('what is not named is left to the service; an address may come on stdin', async () => {
  const child = start(['streams', 'add', 'door', '-', '--disabled', '--json'], env);
  // The pipe stays open: the first line is enough.
  child.stdin.write(`${SECRET}\n`);
  const { code, stdout } = await finished(child);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ id: 'door', url: 'rtsp://***@cam/1', state: 'disabled' });
  expect(cameras.streams.get('door')).toEqual({
    id: 'door',
    url: SECRET,
    task: 'faces',
    enabled: false,
    created_at: 0,
    updated_at: 0,
  });
});

test('list tells of every page what each camera is doing and why; --json for scripts', async () => {
  for (const [id, url] of [
    ['door', SECRET],
    ['hall', 'rtsp://nowhere/1'],
    ['film', 'media:film.mp4'],
  ] as const)
    await run('add', id, url, '--fps', '5');
  await run('disable', 'film');
  const { code, stdout } = await run();
  expect(stdout.split('\n').map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
    'ID | STATE | SINCE | FPS | PICTURE | ADDRESS | REASON',
    'door | live | 1970-01-01 00:00:01 | 5 | h264 1920x1080 25 fps | rtsp://***@cam/1',
    'hall | backoff | 1970-01-01 00:00:01 | 5 | rtsp://nowhere/1 | the camera refused the connection',
    'film | disabled | 1970-01-01 00:00:01 | 5 | media:film.mp4',
    '',
  ]);
  expect(code).toBe(0);
  const json = await run('list', '--json');
  const lines = json.stdout.trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { state: string }).state)).toEqual(['live', 'backoff', 'disabled']);
});

test('a still is named so where cameras are listed and shown', async () => {
  await run('add', 'yard', 'http://cam/snap.jpg');
  const { stdout } = await run('list');
  expect(stdout.split('\n')[1]?.replace(/ {2,}/g, ' | ')).toContain('| still jpeg 640x480 | http://cam/snap.jpg');
  expect((await run('show', 'yard')).stdout).toMatch(/picture +still jpeg 640x480\n/);
});

test('test tells what an address is, in the shape that is asked for, and registers nothing', async () => {
  const shape = ['--aspect', '4:3', '--rotate', '270', '--flip', 'vertical', '--transport', 'udp', '--stream', 'door'];
  const film = await run('test', SECRET, ...shape);
  expect([film.code, film.stdout, film.stderr]).toEqual([0, 'video, 64x48\n', '']);
  expect(cameras.tried).toEqual([
    { url: SECRET, aspect: '4:3', rotate: 270, flip: 'vertical', transport: 'udp', stream: 'door' },
  ]);
  expect((await run('test', 'http://cam/video')).stdout).toBe('motion JPEG, 64x48\n');
  const still = await run('test', 'http://cam/snap.jpg', join(folder, 'snap.jpg'), '--json');
  expect(JSON.parse(still.stdout)).toEqual({ kind: 'still', width: 64, height: 48 });
  expect(still.stderr).toBe(`wrote its first picture to ${join(folder, 'snap.jpg')}\n`);
  expect((await readFile(join(folder, 'snap.jpg'))).subarray(0, 2)).toEqual(SNAPSHOT.subarray(0, 2));
  const none = await run('test', 'rtsp://nowhere/1', join(folder, 'none.jpg'));
  expect([none.code, none.stdout, none.stderr]).toEqual([1, '', 'onlooker: No picture: the connection is refused.\n']);
  expect(await readdir(folder)).toEqual(['snap.jpg']);
  expect(cameras.streams.size).toBe(0);
});

test('show tells settings and account', async () => {
  await run('add', 'door', SECRET, '--fps', '5');
  const { stdout } = await run('show', 'door');
  expect(stdout).toMatch(/state +live \(since 1970-01-01 00:00:01\)/);
  expect(stdout).toMatch(/frames +10 received: 9 ok, 1 dropped, 0 errors; 3 skipped for newer ones/);
  expect(stdout).toMatch(/fps +5\n/);
  expect(stdout).not.toContain('hunter2');
});

test('change sets what is named and puts defaults back; without anything it is wrong usage', async () => {
  await run('add', 'door', SECRET, '--fps', '5', '--loop');
  const changed = await run('change', '--default', 'fps,min-face', 'door', '--no-loop', '--realtime', '--address', 'media:a.mp4');
  expect(changed.stderr).toBe('changed door (media:a.mp4): live\n');
  expect(cameras.streams.get('door')).toMatchObject({
    fps: null,
    min_face: null,
    loop: false,
    realtime: true,
    url: 'media:a.mp4',
  });
  expect(await run('change', 'door')).toMatchObject({ code: 2, stderr: expect.stringContaining('nothing to change') as string });
  expect((await run('change', 'door', '--default', 'name')).stderr).toContain('--default: name is none of model, fps');
});

test('enable, disable and remove take several; a wrong id among them changes nothing', async () => {
  for (const id of ['a', 'b']) await run('add', id, 'media:x.mp4');
  const wrong = await run('remove', 'a', 'c');
  expect([wrong.code, wrong.stderr]).toEqual([1, 'onlooker: There is no stream c.\n']);
  expect((await run('disable', 'a', 'b')).stderr).toBe('disabled a\ndisabled b\n');
  expect([...cameras.streams.values()].map(({ enabled }) => enabled)).toEqual([false, false]);
  expect((await run('enable', 'b')).code).toBe(0);
  expect((await run('rm', 'a', 'b')).stderr).toBe('removed a\nremoved b\n');
  expect(cameras.streams.size).toBe(0);
});

test('snapshot writes the file whole, or nothing', async () => {
  await run('add', 'door', 'media:x.mp4');
  expect((await run('snapshot', 'door', join(folder, 'door.jpg'))).code).toBe(0);
  expect(await readFile(join(folder, 'door.jpg'))).toEqual(SNAPSHOT);
  expect((await run('snapshot', 'door', join(folder, 'door.jpg'), '--overlay')).code).toBe(0);
  expect(await readFile(join(folder, 'door.jpg'))).toHaveLength(8);
  await run('disable', 'door');
  const none = await run('snapshot', 'door', join(folder, 'none.jpg'));
  expect([none.code, none.stderr]).toEqual([1, 'onlooker: There is no picture of this stream: disabled.\n']);
  expect(await readdir(folder)).toEqual(['door.jpg']);
});

test('watch prints one line for each event until Ctrl-C, over a break, each once', async () => {
  const child = start(['streams', 'watch', 'door'], env);
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const lines = () => stdout.trimEnd().split('\n').slice(1);
  const end = finished(child);
  await until(() => service.messages('subscribe').length === 1, 'the subscription');
  const ada = { id: 'p1', name: 'Ada\u001b[31m' };
  service.events.tell({ kind: 'appear', similarity: 0.31 });
  service.events.tell({ stream: 'hall' });
  service.events.tell({ kind: 'identify', person: ada, similarity: 0.62 });
  await until(() => lines().length === 2, 'two lines');
  service.connections.at(-1)?.socket.terminate();
  service.events.tell({ kind: 'change', before: { kind: 'identify', ts: 0, person: ada, similarity: 0.62 } });
  service.events.tell({ kind: 'leave', person: ada, similarity: 0.6, frames: 12 });
  service.events.tell({ kind: 'stream_down', track: undefined, state: 'backoff', reason: 'the camera went away' });
  await until(() => lines().length === 5, 'five lines');
  child.kill('SIGINT');
  const { code, stderr } = await end;
  expect(stdout.split('\n')[0]).toMatch(/^TIME +STREAM +KIND +WHO +SIMILARITY +TRACK +WHY$/);
  expect(lines().map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
    '2024-11-21 03:33:20 | door | appear | unknown | 0.31 | t1 | below 0.40',
    '2024-11-21 03:33:20 | door | identify | Ada | 0.62 | t1',
    '2024-11-21 03:33:20 | door | change | unknown | t1 | nothing to judge by yet; was Ada',
    '2024-11-21 03:33:20 | door | leave | Ada | 0.60 | t1 | 0.5 s, 12 frames',
    '2024-11-21 03:33:20 | door | stream_down | the camera went away',
  ]);
  expect(stderr).toMatch(/^onlooker: .*; trying again\nonlooker: connected again\n$/);
  expect(code).toBe(130);
});

test('watch --json gives the events as they are, from --since on, pictures as base64', async () => {
  for (let i = 0; i < 3; i++) service.events.tell({ thumbnail: Uint8Array.of(0xff, 0xd8, i) });
  const child = start(['streams', 'watch', '--json', '--since', 'e000001'], env);
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const end = finished(child);
  await until(() => stdout.split('\n').length === 3, 'two lines');
  child.kill('SIGTERM');
  expect((await end).code).toBe(143);
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(events.map(({ id, thumbnail }) => [id, thumbnail])).toEqual([
    ['e000002', '/9gB'],
    ['e000003', '/9gC'],
  ]);
  expect(events[0]).not.toHaveProperty('t');
});

test('watch ends quietly with the next event when the reader of the pipe has gone', async () => {
  const child = start(['streams', 'watch'], env);
  child.stdout.once('data', () => child.stdout.destroy());
  const events = setInterval(() => service.events.tell(), 20);
  const { code, stderr } = await finished(child);
  clearInterval(events);
  expect([code, stderr]).toEqual([0, '']);
});

test.each([
  ['no service', ['list', '--url', 'http://127.0.0.1:1'], 3, /^onlooker: No service at http:\/\/127\.0\.0\.1:1/],
  ['no service to watch', ['watch', '--url', 'http://127.0.0.1:1'], 3, /^onlooker: No service at http:\/\/127\.0\.0\.1:1/],
  ['no such stream', ['show', 'nobody'], 1, /^onlooker: There is no stream nobody\.\n$/],
  ['an id that cannot be', ['watch', 'a b'], 2, /must be 1 to 64 of/],
  ['no address', ['add', 'door'], 2, /missing required argument 'address'/],
  ['an empty address', ['add', 'door', ''], 2, /the address is empty/],
  ['a shape that is none', ['add', 'door', 'media:x', '--aspect', '16/9'], 2, /must be width:height, e\.g\. 16:9/],
  ['a turn that is none', ['test', 'media:x', '--rotate', '45'], 2, /must be 0, 90, 180 or 270/],
  ['a wrong number', ['add', 'door', 'media:x', '--fps', 'fast'], 2, /must be a number over 0/],
])('%s: one clear line and its exit code', async (_what, args, expected, message) => {
  const { code, stderr, stdout } = await run(...args);
  expect(stderr).toMatch(message);
  expect([code, stdout]).toEqual([expected, '']);
});
