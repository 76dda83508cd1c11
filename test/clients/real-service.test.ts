// The clients against the service itself, on real faces: what a new user does in the first ten minutes.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConnectionLostError, embeddingValues, OnlookerClient, type KeptEvent } from '../../clients/client.js';
import { createHttpClient } from '../../clients/http-client.js';
import { fixture } from '../fixtures.js';
import { filmFrames } from '../server/support/film.js';
import { PATIENT, startService, type RunningService } from '../server/support/service.js';
import { onlooker } from './program.js';

let service: RunningService;
let folder: string;
const run = (...args: string[]) => onlooker(args, { ONLOOKER_URL: service.url });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-real-'));
  service = await startService({ ...PATIENT, ONLOOKER_CREDITS: '16' });
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

test('somebody enrolled on the command line is named in pictures and in a video', async () => {
  const stills = await Promise.all(['franck_01829.jpg', 'franck_02159.jpg', 'franck_04000.jpg'].map(fixture));
  const enrolled = await run('enroll', 'Franck', ...stills);
  expect([enrolled.code, enrolled.stdout.match(/ enrolled /g)?.length]).toEqual([0, 3]);

  const pictures = await run('send', await fixture('franck_02045.jpg'), await fixture('sample1.jpg'), '--annotate', folder);
  expect(pictures.stdout).toMatch(/franck_02045\.jpg +Franck +0\.\d\d/);
  expect(pictures.stdout.match(/sample1\.jpg +unknown/g)).toHaveLength(3);
  expect(pictures.code).toBe(0);
  expect((await readdir(folder)).sort()).toEqual(['franck_02045.jpg', 'sample1.jpg']);
  expect(await sharp(join(folder, 'sample1.jpg')).metadata()).toMatchObject({ width: 1920, height: 1280 });

  const video = await run('send', await fixture('franck.mp4'), '--fps', '2', '--limit', '40', '--json');
  const lines = video.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { status: string; faces: { person: { name: string } | null }[] });
  expect(lines).toHaveLength(40);
  expect(lines.filter(({ faces }) => faces[0]?.person?.name === 'Franck').length).toBeGreaterThanOrEqual(39);
});

test('a refusal names its reason, and the gallery goes out and in again', async () => {
  const refused = await run('enroll', 'Crowd', await fixture('sample1.jpg'));
  expect([refused.code, refused.stdout.includes('SEVERAL_FACES'), refused.stderr]).toEqual([
    1,
    true,
    'nothing enrolled; Crowd was not created\n',
  ]);
  const file = join(folder, 'gallery.bin');
  expect((await run('people', 'export', file)).code).toBe(0);
  expect((await run('people', 'remove', 'Franck')).code).toBe(0);
  expect((await run('people')).stderr).toContain('nobody is enrolled yet');
  expect((await run('people', 'import', file)).stderr).toContain('1 people added');
  expect((await run('people', 'show', 'Franck')).stdout).toContain('name         Franck');
});

test.each(['msgpack', 'json'] as const)(
  'the library over %s: results of each frame, and the same embedding as over HTTP',
  async (format) => {
    const client = await OnlookerClient.connect(service.url, { format });
    const image = await readFile(await fixture('franck_02045.jpg'));
    const stream = await client.open({ stream: 'library', task: 'embed' });
    const results = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((ts) => stream.send(image, { ts })));
    expect(results.map(({ seq, ts, status }) => [seq, ts, status])).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((i) => [i, i, 'ok']));
    expect(await stream.send(image.subarray(0, 2000))).toMatchObject({ status: 'error', code: 'BAD_IMAGE' });
    expect(await stream.close()).toEqual({ received: 9, ok: 8, dropped: 0, errors: 1 });
    await client.close();

    const [first] = results;
    const overHttp = await createHttpClient(service.url).embed(image);
    if (first?.status !== 'ok' || !first.faces[0] || !overHttp.faces[0]) throw new Error('no face');
    const [a, b] = [embeddingValues(first.faces[0]), embeddingValues(overHttp.faces[0])];
    expect(a).toHaveLength(first.faces[0].dim);
    expect(a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)).toBeCloseTo(1, 4);
  },
);

test('who came is told once, to who feeds the stream and who follows it, and can be taught from what was seen', async () => {
  const film = await filmFrames(await fixture('franck.mp4'), 12);
  const http = createHttpClient(service.url);
  const feeding = await OnlookerClient.connect(service.url);
  const following = await OnlookerClient.connect(service.url);
  const subscription = await following.subscribe({ streams: ['entrance'] });
  const stream = await feeding.open({ stream: 'entrance', send: 'events', thumbnails: true });
  const own: KeptEvent[] = [];
  const hasLeft = new Promise<void>((resolve) =>
    stream.on('event', (event) => {
      own.push(event);
      if (event.kind === 'leave') resolve();
    }),
  );
  for (const [seq, frame] of film.entries()) {
    expect(await stream.send(frame)).toEqual({ stream: 'entrance', seq, ts: null, status: 'sent' });
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  expect(await stream.close()).toEqual({ received: film.length, ok: film.length, dropped: 0, errors: 0 });
  await hasLeft;

  const followed: (string | undefined)[] = [];
  let newest: Awaited<ReturnType<typeof subscription.next>>;
  for (let kind; kind !== 'leave';) {
    const message = await subscription.next();
    if (message?.t === 'event') followed.push(message.id);
    else newest = message;
    kind = message?.t === 'event' ? message.kind : undefined;
  }
  expect(own.map(({ kind }) => kind)).toEqual(['appear', 'identify', 'leave']);
  expect(own[1]).toMatchObject({ person: { name: 'Franck' }, thumbnail: expect.any(Uint8Array) as unknown });
  const ids = own.map(({ id }) => id);
  expect(followed).toEqual(ids);
  // Nobody read while the film was played: what is left is the newest result, which may come before the last event has.
  newest ??= await subscription.next();
  expect(newest).toMatchObject({ t: 'result', status: 'ok', seq: film.length - 1 });
  const kept: string[] = [];
  for await (const { id } of http.events.all({ stream: 'entrance' })) kept.push(id);
  expect(kept).toEqual(ids);
  const again = await following.subscribe({ streams: ['*'], since: ids[0] ?? '', send: 'events' });
  expect([(await again.next())?.t, again.since]).toEqual(['event', expect.stringMatching(ids.slice(1).join('|')) as unknown]);

  const leave = own.at(-1);
  if (leave === undefined || !('track' in leave)) throw new Error('no track');
  const taught = await run('enroll', 'Franck', '--track', leave.track);
  expect(taught.stderr).toMatch(/^\d+ faces? enrolled for Franck/);
  expect(taught.code).toBe(0);
  await Promise.all([feeding.close(), following.close()]);
});

test('a camera is registered, shown, watched and removed on the command line', async () => {
  const added = await run('streams', 'add', 'cam', 'rtsp://me:hunter2@127.0.0.1:1/live', '--fps', '5');
  expect([added.code, added.stderr]).toEqual([
    0,
    expect.stringMatching(/^added cam \(rtsp:\/\/.*\*\*\*@127\.0\.0\.1:1\/live\): \w+/),
  ]);
  const listed = await run('streams');
  expect(listed.stdout).toMatch(/^ID .*\ncam +(connecting|backoff|failed) .* 5 .*\*\*\*@127/);
  expect((await run('streams', 'disable', 'cam')).code).toBe(0);
  expect((await run('streams', 'show', 'cam')).stdout).toMatch(/state +disabled/);
  const none = await run('streams', 'snapshot', 'cam', join(folder, 'cam.jpg'));
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('There is no picture') as unknown]);
  expect((await run('streams', 'change', 'cam', '--fps', '9', '--default', 'region')).code).toBe(0);
  expect((await run('streams', 'rm', 'cam')).code).toBe(0);
  expect((await run('streams')).stderr).toContain('no cameras are registered yet');
  const wrong = await run('streams', 'add', 'cam', 'file:///etc/passwd');
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringMatching(/^onlooker: .*rtsp/) as unknown]);
});

test('a wrong open is refused by its code, and the stream is free afterwards', async () => {
  const client = await OnlookerClient.connect(service.url);
  await expect(client.open({ stream: '../etc' })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  await expect(client.open({ stream: 'a', model: 'nobody-has-this' })).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' });
  const stream = await client.open({ stream: 'a' });
  expect(stream.credits).toBeGreaterThan(0);
  await client.close();
});

test('when the service restarts, the stream goes on by itself and no frame is sent twice', async () => {
  const port = await freePort();
  const first = await startService({ ONLOOKER_PORT: port });
  const client = await OnlookerClient.connect(first.url, { reconnect: { initialDelayMs: 100, maxDelayMs: 500 } });
  const image = await readFile(await fixture('franck_02045.jpg'));
  const stream = await client.open({ stream: 'door' });
  await stream.send(image);
  const inHand = stream.send(image).catch((error: unknown) => error);
  const code = await first.stop();
  expect(code).toBe(0);
  // Answered while draining, dropped by it, or lost: told in every case.
  const outcome = await inHand;
  expect(outcome instanceof ConnectionLostError || ['ok', 'dropped'].includes((outcome as { status: string }).status)).toBe(true);
  const waiting = stream.send(image);
  const second = await startService({ ONLOOKER_PORT: port });
  try {
    expect((await waiting).status).toBe('ok');
    expect((await stream.close())?.received).toBe(1);
    await client.close();
  } finally {
    await second.stop();
  }
});

test('who follows gets every event once and in order, though the service is another one in the middle', async () => {
  const settings = { ONLOOKER_PORT: await freePort(), ONLOOKER_DATA_DIR: join(folder, 'data') };
  const film = await filmFrames(await fixture('franck.mp4'), 8);
  const play = async (url: string) => {
    const feeding = await OnlookerClient.connect(url);
    const stream = await feeding.open({ stream: 'entrance', send: 'frames' });
    for (const frame of film) await stream.send(frame);
    await feeding.close();
  };
  const first = await startService(settings);
  const client = await OnlookerClient.connect(first.url, { reconnect: { initialDelayMs: 50, maxDelayMs: 200 } });
  const subscription = await client.subscribe({ streams: ['*'], send: 'events' });
  const got: string[] = [];
  const reading = (async () => {
    for await (const message of subscription) {
      if (message.t !== 'event') continue;
      got.push(message.id);
      if (message.kind === 'leave' && got.length === 4) break;
    }
  })();
  await play(first.url);
  expect(await first.stop()).toBe(0);
  const second = await startService(settings);
  try {
    await play(second.url);
    await reading;
    const kept: string[] = [];
    for await (const { id } of createHttpClient(second.url).events.all()) kept.push(id);
    expect(kept).toHaveLength(4);
    expect(got).toEqual(kept);
    await client.close();
  } finally {
    await second.stop();
  }
});

/** A port that two services can have one after the other: one of the system's own choice stays taken for a minute. */
async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return String(port);
}
