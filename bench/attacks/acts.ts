// What one client, or many of one hand, may do to a service: the kinds of which an attack in 2026 found examples. Each lasts some
// seconds; what it sends is bounded.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pack } from 'msgpackr';
import sharp from 'sharp';
import WebSocket from 'ws';
import { frameHead, smallFrame, Swarm, UPGRADE } from './raw-sockets.js';

export interface Scene {
  readonly url: string;
  readonly wsUrl: string;
  /** File of a photograph with a face. */
  readonly facePath: string;
}
export interface Act {
  readonly name: string;
  /** The service lets nobody in without a key, and the attacker has none. */
  readonly isKeyed?: boolean;
  /** Resolves when it is over, after at least some seconds; what it holds open is let go of then. */
  run(scene: Scene, isOver: () => boolean): Promise<void>;
}

const MIB = 1024 * 1024;
const MESSAGE_BYTES = 13_900_000;

export const ACTS: readonly Act[] = [
  { name: 'nothing', run: (_scene, isOver) => waiting(isOver) },
  {
    name: '10,000 connections that send nothing',
    run: (scene, isOver) =>
      withSwarm(scene, 10_000, async (swarm) => {
        swarm.write(UPGRADE);
        for (const socket of swarm.sockets) socket.resume();
        await waiting(isOver);
      }),
  },
  {
    name: '1,000 connections, 1 MiB each of a message that never ends',
    run: (scene, isOver) =>
      withSwarm(scene, 1000, async (swarm) => {
        swarm.write(UPGRADE);
        await sleep(500);
        swarm.write(frameHead(MESSAGE_BYTES));
        await pouring(swarm, MIB, isOver);
      }),
  },
  {
    name: '60 connections, each a message of 13.9 MB without its last byte',
    run: (scene, isOver) =>
      withSwarm(scene, 60, async (swarm) => {
        swarm.write(UPGRADE);
        await sleep(200);
        swarm.write(frameHead(MESSAGE_BYTES));
        await pouring(swarm, MESSAGE_BYTES - 1, isOver);
      }),
  },
  {
    name: '130 HTTP bodies of 5 MB without their last byte',
    run: (scene, isOver) =>
      withSwarm(scene, 130, async (swarm) => {
        swarm.write(`POST /v1/identify HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${5 * MIB}\r\n\r\n`);
        await pouring(swarm, 5 * MIB - 1, isOver);
      }),
  },
  {
    name: '20 connections, 1,000 requests each, no answer read',
    run: (scene, isOver) =>
      withSwarm(scene, 20, async (swarm) => {
        for (const socket of swarm.sockets) socket.pause();
        swarm.write('GET /v1/config HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(1000));
        await waiting(isOver);
      }),
  },
  {
    name: 'messages of 2 bytes as fast as they go',
    run: (scene, isOver) => withSwarm(scene, 1, (swarm) => flooding(swarm, smallFrame(Buffer.from([0x81, 0xa1])), isOver)),
  },
  {
    name: 'messages of unknown streams as fast as they go',
    run: (scene, isOver) =>
      withSwarm(scene, 1, (swarm) => flooding(swarm, smallFrame(pack({ t: 'close', stream: 'nobody' })), isOver)),
  },
  {
    name: 'JSON of 13.9 MB, many values, six times',
    run: (scene, isOver) => jsonMessages(scene, `{"t":"open","stream":"x","y":[${'[],'.repeat(4_600_000)}[]]}`, isOver),
  },
  {
    name: 'JSON of 13.9 MB, nested deep, six times',
    run: (scene, isOver) => jsonMessages(scene, `{"t":"open","stream":"x","y":${'['.repeat(13_800_000)}`, isOver),
  },
  {
    name: '14,000 subscriptions on one connection',
    run: (scene, isOver) =>
      withSocket(scene, async (socket) => {
        for (let count = 0; count < 14_000 && socket.readyState === WebSocket.OPEN; count++) {
          socket.send(pack({ t: 'subscribe', streams: [`stream-${count}`] }));
        }
        await waiting(isOver);
      }),
  },
  {
    name: 'pictures one pixel high',
    run: async (scene, isOver) => posting(scene, '/v1/identify', await flatPicture(), 2, isOver),
  },
  {
    name: 'photographs of 33 megapixels, two at a time',
    run: async (scene, isOver) => posting(scene, '/v1/identify', await largePhotograph(scene.facePath), 2, isOver),
  },
  { name: 'wrong keys, eight at a time', isKeyed: true, run: wrongKeys },
];

async function waiting(isOver: () => boolean): Promise<void> {
  while (!isOver()) await sleep(50);
}

async function withSwarm({ url }: Scene, count: number, act: (swarm: Swarm) => Promise<void>): Promise<void> {
  const swarm = new Swarm(url);
  try {
    await swarm.connect(count);
    await act(swarm);
  } finally {
    swarm.cut();
  }
}

/** So many bytes to each socket, in turns, and then nothing more until it is over. */
async function pouring(swarm: Swarm, bytesOfEach: number, isOver: () => boolean): Promise<void> {
  const piece = randomBytes(64 * 1024);
  for (let sent = 0; sent < bytesOfEach && !isOver(); sent += piece.length) {
    swarm.write(sent + piece.length > bytesOfEach ? piece.subarray(0, bytesOfEach - sent) : piece);
    await new Promise((resolve) => setImmediate(resolve));
    while (swarm.sockets.some(({ writable, writableLength }) => writable && writableLength > MIB) && !isOver()) await sleep(5);
  }
  await waiting(isOver);
}

async function flooding(swarm: Swarm, message: Buffer, isOver: () => boolean): Promise<void> {
  swarm.write(UPGRADE);
  await sleep(100);
  const many = Buffer.concat(Array.from({ length: 4096 }, () => message));
  for (const socket of swarm.sockets) socket.resume();
  while (!isOver() && swarm.open > 0) {
    swarm.write(many);
    await new Promise((resolve) => setImmediate(resolve));
    while (swarm.sockets.some(({ writable, writableLength }) => writable && writableLength > MIB) && !isOver()) await sleep(1);
  }
  await waiting(isOver);
}

async function withSocket({ wsUrl }: Scene, act: (socket: WebSocket) => Promise<void>, protocols: string[] = []): Promise<void> {
  const socket = new WebSocket(wsUrl, protocols);
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('open', resolve).once('close', resolve));
  try {
    await act(socket);
  } finally {
    socket.terminate();
  }
}

const jsonMessages = (scene: Scene, text: string, isOver: () => boolean): Promise<void> =>
  withSocket(
    scene,
    async (socket) => {
      for (let count = 0; count < 6 && socket.readyState === WebSocket.OPEN; count++) socket.send(text);
      await waiting(isOver);
    },
    ['onlooker.v1.json'],
  );

async function posting({ url }: Scene, path: string, body: Uint8Array, atOnce: number, isOver: () => boolean): Promise<void> {
  const one = async (): Promise<void> => {
    while (!isOver()) {
      const answer = await fetch(`${url}${path}`, { method: 'POST', body: new Uint8Array(body) });
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

async function wrongKeys({ url }: Scene, isOver: () => boolean): Promise<void> {
  const one = async (): Promise<void> => {
    while (!isOver()) {
      const headers = { authorization: `Bearer onl_aaaaaaaa_${randomBytes(32).toString('base64url')}` };
      await (await fetch(`${url}/v1/people`, { headers })).arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
}

const flatPicture = (): Promise<Buffer> =>
  sharp({ create: { width: 9_000_000, height: 1, channels: 3, background: '#808080' } })
    .png()
    .toBuffer();

const largePhotograph = (facePath: string): Promise<Buffer> =>
  sharp(facePath).resize({ width: 7680, height: 4320, fit: 'cover' }).jpeg({ quality: 80 }).toBuffer();
