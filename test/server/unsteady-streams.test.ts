// Cameras that freeze and cameras that flap, through the whole service. One run for all of them: a picture is frozen after a minute.
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { startMjpegCamera } from '../sources/camera/mjpeg-camera.js';
import { asJson } from './support/images.js';
import { startService, until, type RunningService } from './support/service.js';
import type { Message } from './support/socket.js';

const open: { close(): unknown }[] = [];
let service: RunningService;
let images: Uint8Array[];

beforeAll(async () => {
  const still = sharp(await fixture('franck_01829.jpg')).resize(320, 256);
  const { data, info } = await still.clone().raw().toBuffer({ resolveWithObject: true });
  const levels = new Uint8ClampedArray(data);
  const noisy = () =>
    sharp(
      levels.map((level) => level + 2.8 * Math.random() - 1.4),
      { raw: info },
    );
  images = [await still.clone().jpeg().toBuffer()];
  // So many that none comes twice in the minute that counts.
  for (let index = 0; index < 400; index++) images.push(await noisy().jpeg({ quality: 80 }).toBuffer());
  // Less than any picture here has: that is for clients.
  service = await startService({ ONLOOKER_MAX_FRAME_BYTES: '1024' });
}, 120_000);
afterAll(async () => {
  expect(service.log).not.toMatch(/"level":(50|60)/);
  await service.stop();
  for (const thing of open) await thing.close();
});

async function added(id: string, url: string): Promise<void> {
  const body = asJson({ id, url, fps: 5 });
  const answer = await fetch(`${service.url}/v1/streams`, { method: 'POST', body });
  expect(answer.status).toBe(201);
}
const streamOf = async (id: string): Promise<Record<string, unknown>> =>
  (await (await fetch(`${service.url}/v1/streams/${id}`)).json()) as Record<string, unknown>;
async function eventsOf(id: string): Promise<Message[]> {
  const answer = await fetch(`${service.url}/v1/events?stream=${id}&limit=1000`);
  const { events } = (await answer.json()) as { events: Message[] };
  return events.filter(({ kind }) => String(kind).startsWith('stream'));
}
const kindsOf = async (id: string): Promise<unknown[]> => (await eventsOf(id)).map(({ kind }) => kind);

async function mjpeg(sent: Uint8Array[]): Promise<string> {
  const camera = await startMjpegCamera({ images: sent, fps: 5 });
  open.push(camera);
  return camera.url;
}

/** One picture, and ever after the answer that it is still that one. */
async function unchanged(): Promise<string> {
  const server: Server = createServer(({ headers }, response) => {
    if (headers['if-none-match'] === '"a"') response.writeHead(304).end();
    else response.writeHead(200, { 'Content-Type': 'image/jpeg', ETag: '"a"' }).end(images[0]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({ close: () => server.close() });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/snap`;
}

/** It ends after two pictures: one alone would be a still. */
async function flapping(): Promise<string> {
  const server: Server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=frame' });
    const image = images[0] ?? new Uint8Array();
    for (let picture = 0; picture < 2; picture++) {
      response.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${image.length}\r\n\r\n`);
      response.write(image);
      response.write('\r\n');
    }
    response.end('--frame--\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({ close: () => server.close() });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/video`;
}

test(
  'a frozen picture is told, an empty room is not, and a camera that flaps is told a dozen times',
  { timeout: 240_000 },
  async () => {
    const shown = images.slice(0, 1);
    await added('frozen', await mjpeg(shown));
    await added('room', await mjpeg(images.slice(1)));
    await added('unchanged', await unchanged());
    await added('flapping', await flapping());

    const flapped = await until(
      async () => ((await kindsOf('flapping')).includes('stream_flapping') ? eventsOf('flapping') : undefined),
      150_000,
    );
    expect(flapped.map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: 6 }, () => ['stream_up', 'stream_down']).flat(),
      'stream_flapping',
    ]);
    expect(flapped.at(-1)).toMatchObject({ changes: { up: 1, down: 0, frozen: 0, moving: 0 } });
    expect(await streamOf('flapping')).toMatchObject({ flapping: true });

    await until(async () => (typeof (await streamOf('frozen'))['frozen_since'] === 'number' ? true : undefined), 150_000);
    const frozen = await until(async () => ((await kindsOf('frozen')).length === 2 ? eventsOf('frozen') : undefined));
    expect(frozen).toMatchObject([
      { kind: 'stream_up' },
      { kind: 'stream_frozen', state: 'live', reason: expect.any(String) as string },
    ]);
    expect(await streamOf('frozen')).toMatchObject({
      state: 'live',
      changes: { up: 1, down: 0, frozen: 1, moving: 0 },
      flapping: false,
    });
    await until(async () => ((await kindsOf('unchanged')).length === 2 ? true : undefined), 150_000);
    expect(await streamOf('unchanged')).toMatchObject({ state: 'live', changes: { up: 1, frozen: 1 }, frames: { received: 1 } });
    expect(await streamOf('frozen')).toMatchObject({ frames: { errors: 0 } });
    expect(await service.metric('onlooker_registered_streams_frozen')).toBe(2);
    expect(await service.metric('onlooker_registered_streams_flapping')).toBe(1);
    expect(await service.metric('onlooker_registered_stream_changes_total{change="frozen"}')).toBe(2);
    expect(await streamOf('room')).toMatchObject({ state: 'live', frozen_since: null });
    expect(await kindsOf('room')).toEqual(['stream_up']);
    expect(await kindsOf('flapping')).toHaveLength(13);

    // It moves again.
    shown.push(...images.slice(1));
    await until(async () => ((await kindsOf('frozen')).at(-1) === 'stream_moving' ? true : undefined));
    expect(await streamOf('frozen')).toMatchObject({ state: 'live', frozen_since: null });

    // What somebody does is told however often it flapped.
    await fetch(`${service.url}/v1/streams/flapping`, { method: 'PATCH', body: asJson({ enabled: false }) });
    await until(async () => ((await eventsOf('flapping')).at(-1)?.['state'] === 'disabled' ? true : undefined));
  },
);
