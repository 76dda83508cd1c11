// Addresses that answer one picture: asked again at the stream's rate, and live as long as they answer.
import { once } from 'node:events';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import sharp from 'sharp';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { probeSource } from '../../pipeline/sources/probe-source.js';
import { fixture } from '../fixtures.js';
import { until, watch, type Watched } from './watched.js';

const open: (() => Promise<void>)[] = [];
let image: Buffer;

beforeAll(async () => {
  image = await sharp(await fixture('franck_01829.jpg'))
    .jpeg()
    .toBuffer();
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface Served {
  readonly url: string;
  readonly connections: () => number;
}
async function served(answer: RequestListener): Promise<Served> {
  const server: Server = createServer(answer);
  let connections = 0;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections };
}
function watched(url: string, more: Partial<Parameters<typeof watch>[0]> = {}): Watched {
  const it = watch({ url, fps: 20, ...more });
  open.push(() => it.source.close());
  return it;
}
const statesOf = ({ states }: Watched): string[] => states.map(({ state }) => state);

describe('the address of a still', () => {
  test.each(['/snap', '/snap.jpg', '/cgi/a.png?x=1&user=b', '/'])(
    '%s is asked again and again on one connection',
    async (path) => {
      const camera = await served((_, response) => response.setHeader('Content-Type', 'image/jpeg').end(image));
      const it = watched(camera.url + path);
      await until(() => it.frames.length >= 6);
      expect(statesOf(it)).toEqual(['connecting', 'live']);
      expect(camera.connections()).toBe(1);
      expect(it.source.format).toMatchObject({ codec: 'mjpeg', still: true });
      expect(await probeSource({ id: 'x', url: camera.url + path }, { rules: {} })).toMatchObject({ format: { still: true } });
    },
  );

  test.each(['no length', 'a connection of its own', 'no end marker', 'a width'])('with %s stays live', async (how) => {
    const body = how === 'no end marker' ? image.subarray(0, -2) : image;
    const camera = await served((_, response) => {
      response.writeHead(200, { 'Content-Type': 'image/jpeg', ...(how.startsWith('a conn') ? { Connection: 'close' } : {}) });
      response.write(body.subarray(0, 1000));
      response.end(body.subarray(1000));
    });
    const it = watched(camera.url, how === 'a width' ? { widthPx: 160 } : {});
    await until(() => it.frames.length >= 5);
    expect(statesOf(it)).toEqual(['connecting', 'live']);
    expect(it.source.format?.still).toBe(true);
    expect(await probeSource({ id: 'x', url: camera.url }, { rules: {} })).toMatchObject({ format: { still: true } });
  });

  test.each(['png', 'webp'] as const)('that answers a %s is read, whatever it is called', async (kind) => {
    const body = await sharp(image)[kind]().toBuffer();
    let requests = 0;
    const camera = await served((_, response) => {
      const type = ['image/jpeg', `image/${kind}`, 'application/octet-stream'][requests++ % 3] ?? '';
      response.writeHead(200, { 'Content-Type': type });
      response.write(body.subarray(0, 5));
      response.end(body.subarray(5));
    });
    const it = watched(camera.url);
    await until(() => it.frames.length >= 4);
    expect((await sharp(it.frames.at(-1)?.jpeg).metadata()).format).toBe('jpeg');
    expect(it.source.format).toMatchObject({ codec: kind, still: true });
    expect(statesOf(it)).toEqual(['connecting', 'live']);
  });

  test('that is slow is not asked again before it has answered', async () => {
    let [pending, most, asked] = [0, 0, 0];
    const camera = await served((_, response) => {
      asked += 1;
      most = Math.max(most, ++pending);
      setTimeout(
        () => {
          pending -= 1;
          response.setHeader('Content-Type', 'image/jpeg').end(image);
        },
        asked === 1 ? 0 : 4000,
      );
    });
    const it = watched(camera.url);
    await until(() => it.frames.length >= 2);
    expect(most).toBe(1);
    expect(statesOf(it)).toEqual(['connecting', 'live']);
  });

  test('that is unchanged gives no frame and is alive', async () => {
    let unchanged = 0;
    const camera = await served((request, response) => {
      if (request.headers['if-none-match'] === '"a"') {
        unchanged += 1;
        response.writeHead(304).end();
      } else response.writeHead(200, { 'Content-Type': 'image/jpeg', ETag: '"a"' }).end(image);
    });
    let said = 0;
    const it = watch({ url: camera.url, fps: 20 }, { onUnchanged: () => (said += 1) });
    open.push(() => it.source.close());
    await until(() => unchanged >= 5);
    expect(it.frames).toHaveLength(1);
    expect(said).toBeGreaterThanOrEqual(4);
    expect(statesOf(it)).toEqual(['connecting', 'live']);
    expect(camera.connections()).toBe(1);
  });

  test('that is busy now and then stays live, and is left alone for as long as it says', async () => {
    let requests = 0;
    let hasWaited = false;
    let wasLeftAlone = false;
    const camera = await served((_, response) => {
      requests += 1;
      if (requests === 2) {
        setTimeout(() => (hasWaited = true), 900);
        response.writeHead(503, { 'Retry-After': '1' }).end();
      } else if (requests === 4) response.writeHead(500).end();
      else {
        if (requests === 3) wasLeftAlone = hasWaited;
        response.setHeader('Content-Type', 'image/jpeg').end(image);
      }
    });
    const it = watched(camera.url);
    await until(() => it.frames.length >= 4);
    expect(wasLeftAlone).toBe(true);
    expect(statesOf(it)).toEqual(['connecting', 'live']);
  });

  test('that fails again and again is given up with its reason, and is live when it is back', async () => {
    let isBroken = false;
    const camera = await served((_, response) => {
      if (isBroken) response.writeHead(500).end();
      else response.setHeader('Content-Type', 'image/jpeg').end(image);
    });
    const it = watched(camera.url);
    await it.becomes('live');
    isBroken = true;
    expect(await it.becomes('backoff', 20_000)).toMatchObject({ reason: 'the camera says it cannot serve now' });
    isBroken = false;
    await it.becomes('live', 20_000);
  });

  test('with a password is asked for it once', async () => {
    let refused = 0;
    const camera = await served((request, response) => {
      if (request.headers.authorization === undefined) {
        refused += 1;
        response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end();
      } else response.setHeader('Content-Type', 'image/jpeg').end(image);
    });
    const it = watched(camera.url.replace('//', '//ada:secret@'));
    await until(() => it.frames.length >= 5);
    expect(refused).toBe(1);
  });

  test('that comes as the only part of a stream stays live', async () => {
    const camera = await served((_, response) => {
      response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=b' });
      response.end(Buffer.concat([Buffer.from('--b\r\n\r\n'), image, Buffer.from('\r\n--b--\r\n')]));
    });
    const it = watched(camera.url);
    await until(() => it.frames.length >= 6);
    expect(statesOf(it)).toEqual(['connecting', 'live']);
  });

  test.each([
    ['text/html; charset=utf-8', 200, {}],
    ['text/plain', 200, {}],
    ['image/jpeg', 203, {}],
    ['image/jpeg', 206, {}],
    ['image/jpeg', 200, { 'Content-Encoding': 'gzip' }],
    ['text/plain', 200, { 'Content-Encoding': 'deflate' }],
    ['image/jpeg', 200, { 'Content-Encoding': 'br' }],
  ])('that is called %s, with status %i and %j, is told by its bytes', async (type, status, headers: Record<string, string>) => {
    const pack = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }[headers['Content-Encoding'] ?? ''];
    const body = pack === undefined ? image : pack(image);
    const camera = await served((_, response) => response.writeHead(status, { 'Content-Type': type, ...headers }).end(body));
    const it = watched(camera.url);
    await until(() => it.frames.length >= 4);
    expect(it.frames.every(({ jpeg }) => image.equals(jpeg))).toBe(true);
    expect(statesOf(it)).toEqual(['connecting', 'live']);
    expect(camera.connections()).toBe(1);
  });

  test.each([
    ['with its length', true],
    ['without a length', true],
    ['with its length', false],
    ['without a length', false],
  ])('that has a second picture behind its end stays live, %s, said in its header: %s', async (how, isSaid) => {
    const mark = Buffer.from(isSaid ? '\xff\xe2\0\x06MPF\0' : '\xff\xe2\0\x06abc\0', 'latin1');
    const several = Buffer.concat([image.subarray(0, 2), mark, image.subarray(2)]);
    const camera = await served((_, response) => {
      const body = Buffer.concat([several, image]);
      response.writeHead(200, {
        'Content-Type': 'image/jpeg',
        ...(how.startsWith('with its') ? { 'Content-Length': body.length } : {}),
      });
      response.write(body.subarray(0, 2000));
      response.end(body.subarray(2000));
    });
    const it = watched(camera.url);
    await until(() => it.frames.length >= 5);
    // Where nothing says so, only the end of the first answer tells that the second one was no new picture.
    expect(it.frames.slice(isSaid ? 0 : 2).every(({ jpeg }) => several.equals(jpeg))).toBe(true);
    expect(statesOf(it)).toEqual(['connecting', 'live']);
    expect(camera.connections()).toBe(1);
  });

  test.each(['gif', 'avif', 'tiff'] as const)('that is a %s is not read, and that is said', async (kind) => {
    const body = await sharp(image).resize(64, 48).toFormat(kind).toBuffer();
    const camera = await served((_, response) => response.setHeader('Content-Type', `image/${kind}`).end(body));
    expect(await watched(camera.url).becomes('failed')).toMatchObject({
      reason: expect.stringMatching(/kind of picture/) as string,
    });
  });

  test('that is a page is no camera', async () => {
    const camera = await served((_, response) => response.setHeader('Content-Type', 'text/html').end('<p>Log in</p>'));
    await expect(probeSource({ id: 'x', url: camera.url }, { rules: {} })).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
  });
});

describe('a stream of pictures', () => {
  const boundaries: readonly (readonly [string, string | null, string])[] = [
    ['as announced', 'multipart/x-mixed-replace; boundary=frame', '--frame'],
    ['in quotes', 'multipart/x-mixed-replace; boundary="frame"', '--frame'],
    ['with dashes in the header', 'multipart/x-mixed-replace; boundary=--frame', '--frame'],
    ['without dashes', 'multipart/x-mixed-replace; boundary=frame', 'frame'],
    ['not announced', 'multipart/x-mixed-replace', '--frame'],
    ['another than announced', 'multipart/x-mixed-replace; boundary=this', '--that'],
    ['x-motion-jpeg', 'video/x-motion-jpeg', ''],
    ['octet-stream', 'application/octet-stream', '--frame'],
    ['image/jpg', 'image/jpg', ''],
    ['image/pjpeg', 'image/pjpeg', ''],
    ['no type', null, '--frame'],
  ];
  test.each(boundaries)('with its boundary or type %s is live', async (_, type, boundary) => {
    const camera = await served((_, response) => {
      response.writeHead(200, type === null ? {} : { 'Content-Type': type });
      const send = (): void => {
        if (boundary === '') response.write(image);
        else response.write(Buffer.concat([Buffer.from(`\r\n${boundary}\r\nContent-Type: image/jpg\r\n\r\n`), image]));
      };
      send();
      const timer = setInterval(send, 50);
      response.once('close', () => clearInterval(timer));
    });
    const it = watched(camera.url);
    await until(() => it.frames.length >= 4);
    expect(statesOf(it)).toEqual(['connecting', 'live']);
    expect(camera.connections()).toBe(1);
    expect(it.source.format).not.toHaveProperty('still');
  });
});

/** A picture at once, and then one every so often. */
async function slowly(everyMs: number, copies: number): Promise<Served> {
  return served((_, response) => {
    response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=frame' });
    const send = (): void => {
      for (let copy = 0; copy < copies; copy++)
        response.write(Buffer.concat([Buffer.from('--frame\r\n\r\n'), image, Buffer.from('\r\n')]));
    };
    send();
    const timer = setInterval(send, everyMs);
    response.once('close', () => clearInterval(timer));
  });
}

test.each([
  ['further than it is waited for silence', 1400, 1],
  ['so far, each twice', 1400, 2],
  ['a little further than usual', 600, 1],
])(
  'a camera whose pictures are apart %s is learned, and then stays live',
  async (_, everyMs, copies) => {
    const camera = await slowly(everyMs, copies);
    const it = watch({ url: camera.url, fps: 10 }, { timings: { stallMs: 400, giveUpMs: 400 } });
    open.push(() => it.source.close());
    // Its rhythm is known once two of its distances were seen on one connection.
    await until(() => it.frames.length >= 6, 20_000);
    const [told, had] = [it.states.length, it.frames.length];
    await until(() => it.frames.length >= had + 4, 20_000);
    expect(it.states.slice(told)).toEqual([]);
    expect(camera.connections()).toBeLessThanOrEqual(3);
  },
  60_000,
);
