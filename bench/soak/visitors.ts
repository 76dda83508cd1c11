// Clients that are no cameras: they come, do something short, good or bad, and go; some leave their connection half open.
// None of what they send is a frame of a stream.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { SUBPROTOCOL_JSON } from '../../protocol/messages.js';
import type { Random } from './random.js';

const PAUSE_MS = 700;
const MOST_HALF_OPEN = 16;
const HALF_OPEN_MS = { least: 1000, most: 30_000 } as const;

export interface VisitorSettings {
  readonly url: string;
  readonly image: Buffer;
  readonly random: Random;
  readonly signal: AbortSignal;
}
const VISITS = ['identify', 'bad image', 'upload given up', 'hello', 'garbage', 'half open'] as const;
type Visit = (typeof VISITS)[number];
export type VisitCounts = Readonly<Record<Visit, number>>;

/** Ends when the signal does, with every connection of theirs. */
export async function visitors({ url, image, random, signal }: VisitorSettings): Promise<VisitCounts> {
  const counts: Record<Visit, number> = {
    identify: 0,
    'bad image': 0,
    'upload given up': 0,
    hello: 0,
    garbage: 0,
    'half open': 0,
  };
  const halfOpen = new Set<Promise<void>>();
  const { hostname, port } = new URL(url);
  const identify = async (bytes: Buffer): Promise<void> => {
    const answer = await fetch(new URL('/v1/identify', url), { method: 'POST', body: new Uint8Array(bytes) });
    await answer.arrayBuffer();
  };
  const visit: Record<Visit, () => Promise<void>> = {
    identify: () => identify(image),
    'bad image': () => identify(image.subarray(0, Math.floor(random.between(0, 2000)))),
    'upload given up': () =>
      leaving(connect(Number(port), hostname), (socket) => {
        socket.write(`POST /v1/detect HTTP/1.1\r\nhost: ${hostname}\r\ncontent-length: ${image.byteLength}\r\n\r\n`);
        socket.write(image.subarray(0, image.byteLength / 2));
        return sleep(50);
      }),
    hello: () => talking(url, () => Promise.resolve()),
    garbage: () =>
      talking(url, async (socket) => {
        socket.send('{"t":"nothing that is known"}');
        socket.send(Buffer.from([0xc1, 0xff, 0x00]));
        await once(socket, 'message');
      }),
    'half open': () => {
      if (halfOpen.size >= MOST_HALF_OPEN) return Promise.resolve();
      const left = leaving(connect(Number(port), hostname), async (socket) => {
        socket.write('GET /v1/models HTTP/1.1\r\nhost');
        await sleep(random.between(HALF_OPEN_MS.least, HALF_OPEN_MS.most), undefined, { signal }).catch(() => undefined);
      });
      halfOpen.add(left);
      void left.finally(() => halfOpen.delete(left));
      return Promise.resolve();
    },
  };
  while (!signal.aborted) {
    const kind = random.oneOf(VISITS);
    await visit[kind]();
    counts[kind]++;
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(halfOpen);
  return counts;
}

async function leaving(socket: Socket, use: (socket: Socket) => Promise<unknown>): Promise<void> {
  // The service may well end the connection first.
  socket.on('error', () => undefined);
  await use(socket);
  if (socket.closed) return;
  const closed = once(socket, 'close');
  socket.destroy();
  await closed;
}

async function talking(url: string, talk: (socket: WebSocket) => Promise<unknown>): Promise<void> {
  const socket = new WebSocket(new URL('/v1/ws', url.replace(/^http/, 'ws')), [SUBPROTOCOL_JSON]);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'message');
  await talk(socket);
  socket.close();
  await closed;
}
