// What is done to a service while its streams are busy, each for some seconds: whatever may hold its main thread.
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { fixture } from '../../test/fixtures.js';
import { Socket } from '../../test/server/support/socket.js';

export interface Scene {
  readonly url: string;
  readonly wsUrl: string;
  /** An exported gallery of as many faces as the service has. */
  readonly galleryFile: string;
  /** 720p JPEG. */
  readonly frames: readonly Uint8Array[];
  readonly events: number;
}
export interface Act {
  readonly name: string;
  run(scene: Scene, until: () => boolean): Promise<void>;
}

const STILLS = ['franck_01829.jpg', 'franck_02045.jpg', 'franck_02683.jpg', 'SeanConnery.jpg', 'audrey.jpg'];
const JSON_PROTOCOL = 'onlooker.v1.json';
const STREAMS_A_CONNECTION = 50;
const CONNECTIONS = 10;
/** Metadata that a person may have, as JSON. */
const MOST_METADATA = 'x'.repeat(16_000);

async function request(scene: Scene, method: string, path: string, body?: Uint8Array | object): Promise<Record<string, unknown>> {
  const json = { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const sent = body === undefined ? {} : body instanceof Uint8Array ? { body: new Uint8Array(body) } : json;
  const response = await fetch(`${scene.url}${path}`, { method, ...sent });
  const text = await response.text();
  return text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
}

/** Repeats until the time is over. */
const repeating =
  (step: (scene: Scene, round: number) => Promise<unknown>): Act['run'] =>
  async (scene, until) => {
    for (let round = 0; !until(); round++) await step(scene, round);
  };

const newPerson = async (scene: Scene, fields: object): Promise<string> =>
  String((await request(scene, 'POST', '/v1/people', fields))['id']);

async function pages(scene: Scene, path: string, field: string): Promise<void> {
  let more = '';
  for (let page = 0; page < 40; page++) {
    const answer = await request(scene, 'GET', `${path}?limit=1000${more}`);
    const next = answer['next'];
    if (typeof next !== 'string') return;
    more = `&${field}=${encodeURIComponent(next)}`;
  }
}

/** A JPEG of nearly as many bytes as a frame may have. */
async function largeFrame(): Promise<Uint8Array> {
  const width = 2000;
  const height = 1900;
  return sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 84 })
    .toBuffer();
}

async function stream(scene: Scene, image: Uint8Array, until: () => boolean): Promise<void> {
  const socket = await Socket.withStream(scene.wsUrl, { stream: newStream() });
  while (!until()) {
    socket.raw(image);
    await socket.next('result');
  }
  await socket.close();
}

const newStream = (): string => `act-${randomBytes(4).toString('hex')}`;

export const ACTS: readonly Act[] = [
  { name: 'nothing else', run: async (_scene, until) => waiting(until) },
  {
    name: 'enrolling',
    run: async (scene, until) => {
      const stills = await Promise.all(STILLS.map(async (name) => readFile(await fixture(name))));
      await repeating(async (_scene, round) => {
        const id = await newPerson(scene, { name: 'Stranger' });
        const still = stills[round % stills.length] ?? Buffer.of();
        await request(scene, 'POST', `/v1/people/${id}/faces`, still);
        await request(scene, 'DELETE', `/v1/people/${id}`);
      })(scene, until);
    },
  },
  {
    name: 'creating and deleting, 8 at once',
    run: async (scene, until) => {
      const one = repeating(async () => {
        const id = await newPerson(scene, { name: 'Stranger', metadata: { note: MOST_METADATA } });
        await request(scene, 'PATCH', `/v1/people/${id}`, { name: 'Another' });
        await request(scene, 'DELETE', `/v1/people/${id}`);
      });
      await Promise.all(Array.from({ length: 8 }, () => one(scene, until)));
    },
  },
  {
    name: 'exporting',
    run: repeating(async ({ url }) => {
      const response = await fetch(`${url}/v1/gallery/export`);
      await response.body?.pipeTo(new WritableStream());
    }),
  },
  { name: 'importing, merged', run: once((scene) => importing(scene, 'merge')) },
  { name: 'importing, replaced', run: once((scene) => importing(scene, 'replace')) },
  { name: 'listing people', run: repeating((scene) => pages(scene, '/v1/people', 'after')) },
  {
    name: 'listing people with much metadata',
    run: async (scene, until) => {
      const ids: string[] = [];
      for (let index = 0; index < 1000; index++) {
        ids.push(await newPerson(scene, { name: 'Stranger', metadata: { note: MOST_METADATA } }));
      }
      // Ids sort by time, so these are the last.
      await repeating(() => request(scene, 'GET', `/v1/people?limit=1000&after=${ids[0] ?? ''}`))(scene, until);
      for (const id of ids) await request(scene, 'DELETE', `/v1/people/${id}`);
    },
  },
  { name: 'listing events', run: repeating((scene) => pages(scene, '/v1/events', 'since')) },
  {
    name: 'replaying events, 4 at once',
    run: async (scene) => {
      const replay = async (): Promise<void> => {
        const socket = await Socket.connect(scene.wsUrl);
        await socket.next('hello');
        socket.send({ t: 'subscribe', streams: ['*'], send: 'events', since: '0' });
        await socket.next('subscribed');
        for (let count = 0; count < scene.events; count++) await socket.next('event');
        await socket.close();
      };
      await Promise.all(Array.from({ length: 4 }, replay));
    },
  },
  {
    name: 'metrics, as fast as they come',
    run: repeating((scene) => request(scene, 'GET', '/metrics')),
  },
  {
    name: 'frames of 5 MB',
    run: async (scene, until) => {
      const image = await largeFrame();
      await Promise.all([stream(scene, image, until), stream(scene, image, until)]);
    },
  },
  {
    name: 'frames of 5 MB over HTTP',
    run: async (scene, until) => {
      const image = await largeFrame();
      await repeating(() => request(scene, 'POST', '/v1/identify', image))(scene, until);
    },
  },
  {
    name: 'frames as base64 in JSON, 4 clients',
    run: async (scene, until) => {
      await Promise.all(scene.frames.slice(0, 4).map((frame) => jsonStream(scene, frame, until)));
    },
  },
  {
    name: 'frames of 5 MB as base64 in JSON',
    run: async (scene, until) => jsonStream(scene, await largeFrame(), until),
  },
  {
    name: 'messages that are none, as fast as they go',
    run: async (scene, until) => {
      const socket = await Socket.connect(scene.wsUrl);
      while (!until()) {
        for (let count = 0; count < 500; count++) socket.send({ t: 'frame', stream: 'nobody', seq: count });
        for (let count = 0; count < 500;) if ((await socket.any()).t === 'error') count++;
      }
      await socket.close();
    },
  },
  {
    name: `${CONNECTIONS * STREAMS_A_CONNECTION} streams opened and closed`,
    run: async (scene, until) => {
      while (!until()) {
        const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => Socket.connect(scene.wsUrl)));
        sockets.forEach((socket, connection) => {
          for (let index = 0; index < STREAMS_A_CONNECTION; index++) {
            socket.send({ t: 'open', stream: `many-${connection}-${index}` });
          }
          for (let index = 0; index < STREAMS_A_CONNECTION; index++) {
            socket.send({ t: 'close', stream: `many-${connection}-${index}` });
          }
        });
        await Promise.all(
          sockets.map(async (socket) => {
            for (let closed = 0; closed < STREAMS_A_CONNECTION;) if ((await socket.any()).t === 'closed') closed++;
            await socket.close();
          }),
        );
      }
    },
  },
];

async function waiting(until: () => boolean): Promise<void> {
  while (!until()) await sleep(50);
}

/** What takes longer than an act by itself, and what it leaves to be done. */
function once(step: (scene: Scene) => Promise<unknown>): Act['run'] {
  return async (scene) => {
    await step(scene);
    await sleep(1000);
  };
}

async function importing({ url, galleryFile }: Scene, mode: string): Promise<void> {
  const body = Readable.toWeb(createReadStream(galleryFile)) as ReadableStream<Uint8Array>;
  const response = await fetch(`${url}/v1/gallery/import?mode=${mode}`, { method: 'POST', body, duplex: 'half' } as RequestInit);
  if (!response.ok) throw new Error(`the import was answered ${response.status}: ${await response.text()}`);
}

async function jsonStream(scene: Scene, image: Uint8Array, until: () => boolean): Promise<void> {
  const id = newStream();
  const socket = await Socket.withStream(scene.wsUrl, { stream: id }, JSON_PROTOCOL);
  while (!until()) {
    socket.send({ t: 'frame', stream: id, image });
    await socket.next('result');
  }
  await socket.close();
}
