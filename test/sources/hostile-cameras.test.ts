// Cameras that mean harm: they lead elsewhere, send scripts, or send without end. None makes this service ask for anything
// but the camera, and none takes its memory.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import sharp from 'sharp';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { probeSource } from '../../pipeline/sources/probe-source.js';
import { parseAllowedSources } from '../../pipeline/sources/source-hosts.js';
import { SOURCE_TIMINGS } from '../../pipeline/sources/source-settings.js';
import { fixture } from '../fixtures.js';
import { recordClip, type RtpClip } from './camera/rtp-clip.js';
import { serveClip } from './camera/rtsp-camera.js';
import { startMjpegCamera } from './camera/mjpeg-camera.js';
import { RtspReader, response as rtspResponse } from './camera/rtsp-wire.js';
import { until, watch, type Watched } from './watched.js';

const NOT_FOLLOWED = 'the camera leads to another address, which is not followed';
const TOO_LARGE = 'the camera sends a picture larger than this service takes';
const open: (() => Promise<void>)[] = [];
let image: Buffer;
let clip: RtpClip;

beforeAll(async () => {
  image = await sharp(await fixture('franck_01829.jpg'))
    .jpeg()
    .toBuffer();
  clip = await recordClip({ video: 'testsrc=size=160x96', isGenerated: true, seconds: 1 });
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

function watched(...parameters: Parameters<typeof watch>): Watched {
  const it = watch(...parameters);
  open.push(() => it.source.close());
  return it;
}
async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}
const http = (answer: RequestListener): Promise<number> => listening(createHttp(answer));

/** What must never be connected to. */
async function trap(): Promise<{ readonly port: number; readonly visits: () => number }> {
  let visits = 0;
  const port = await listening(createServer(() => (visits += 1)));
  return { port, visits: () => visits };
}

describe('an http camera that leads', () => {
  test.each([301, 302, 303, 307, 308])('to another port (%i) is not followed', async (status) => {
    const elsewhere = await trap();
    const port = await http((_, response) =>
      response.writeHead(status, { Location: `http://127.0.0.1:${elsewhere.port}/video` }).end(),
    );
    const { becomes } = watched({ url: `http://127.0.0.1:${port}/video` });
    expect(await becomes('failed')).toMatchObject({ reason: NOT_FOLLOWED });
    expect(elsewhere.visits()).toBe(0);
  });

  test('to another name of this machine is not followed, nor when its address is only tried', async () => {
    const elsewhere = await trap();
    const port = await http((_, response) =>
      response.writeHead(302, { Location: `http://localhost:${elsewhere.port}/video` }).end(),
    );
    await expect(probeSource({ id: 'x', url: `http://127.0.0.1:${port}/` }, { rules: {} })).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: `No picture: ${NOT_FOLLOWED}.`,
    });
    expect(elsewhere.visits()).toBe(0);
  });

  test('to the service itself is not followed', async () => {
    const service = await trap();
    const port = await http((_, response) => response.writeHead(302, { Location: `http://127.0.0.1:${service.port}/` }).end());
    const { becomes } = watched({ url: `http://127.0.0.1:${port}/` }, { rules: { ownPort: service.port } });
    expect(await becomes('failed')).toMatchObject({ reason: NOT_FOLLOWED });
    expect(service.visits()).toBe(0);
  });

  test('round in circles is left', async () => {
    let asked = 0;
    const port = await http((_, response) => {
      asked += 1;
      response.writeHead(302, { Location: '/again' }).end();
    });
    const { becomes } = watched({ url: `http://127.0.0.1:${port}/` });
    expect(await becomes('failed')).toMatchObject({ reason: NOT_FOLLOWED });
    expect(asked).toBe(4);
  });

  test('to another path of its own is followed, also with its password', async () => {
    const port = await http((request, response) => {
      if (request.url === '/') response.writeHead(302, { Location: '/video' }).end();
      else if (request.headers.authorization === undefined)
        response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="camera"' }).end();
      else response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(image);
    });
    const frame = await watched({ url: `http://viewer:pass@127.0.0.1:${port}/` }).nextFrame();
    expect(image.equals(frame.jpeg)).toBe(true);
  });

  test('to an address that is listed is followed, and the password stays behind', async () => {
    const camera = await startMjpegCamera({ images: [image], fps: 10, user: 'viewer', password: 'pass' });
    open.push(() => camera.close());
    const port = await http((_, response) =>
      response.writeHead(302, { Location: `http://127.0.0.1:${camera.port}/video` }).end(),
    );
    const rules = { allowed: parseAllowedSources(`127.0.0.1:${camera.port}`) ?? [] };
    const { becomes } = watched({ url: `http://viewer:pass@127.0.0.1:${port}/` }, { rules });
    expect(await becomes('failed')).toMatchObject({ reason: 'the camera refuses the user name or password' });
  });
});

describe('an RTSP camera that leads', () => {
  test('to another port is not followed', async () => {
    const elsewhere = await trap();
    const camera = await serveClip(clip, { movedTo: () => `rtsp://127.0.0.1:${elsewhere.port}/stream` });
    open.push(() => camera.close());
    const { becomes } = watched({ url: camera.url.replace('/stream', '/moved') });
    expect(await becomes('failed')).toMatchObject({ reason: NOT_FOLLOWED });
    expect(elsewhere.visits()).toBe(0);
  });

  test('to another path of its own is followed', async () => {
    const camera = await serveClip(clip, { movedTo: (port) => `rtsp://127.0.0.1:${port}/stream`, user: 'a', password: 'b' });
    open.push(() => camera.close());
    await watched({ url: camera.url.replace('/stream', '/moved') }).nextFrame();
  });

  test('to another camera that is listed is followed', async () => {
    const other = await serveClip(clip);
    open.push(() => other.close());
    const camera = await serveClip(clip, { movedTo: () => other.url });
    open.push(() => camera.close());
    const rules = { allowed: parseAllowedSources(`127.0.0.1:${other.port}`) ?? [] };
    await watched({ url: camera.url.replace('/stream', '/moved') }, { rules }).nextFrame();
  });

  // Each of them is read as a redirection by some reader of RTSP, or hides one.
  test.each([
    ['before its answer', 'RTSP/1.0 200 OK\r\nCSeq: N\r\nPublic: DESCRIBE\nLocation: rtsp://T/\r\n\r\n'],
    [
      'in the body of an answer',
      'RTSP/1.0 200 OK\r\nCSeq: N\r\nContent-Length: 60\r\n\r\nRTSP/1.0 302 Moved\r\nLocation: rtsp://T/\r\n\r\n',
    ],
    ['of another version', 'RTSP/2.0 301 Moved\r\nCSeq: N\r\nLocation: rtsp://T/\r\n\r\n'],
    ['without a blank', 'RTSP/1.0 302\r\nCSeq: N\r\nLocation:rtsp://T/\r\n\r\n'],
    [
      'by a request of its own',
      'REDIRECT rtsp://x/ RTSP/1.0\r\nCSeq: 9\r\nLocation: rtsp://T/\r\n\r\nRTSP/1.0 302 x\r\nCSeq: N\r\nLocation: rtsp://T/\r\n\r\n',
    ],
  ])('elsewhere %s leads nowhere', async (_, answer) => {
    const elsewhere = await trap();
    const camera = createServer((socket) => {
      const reader = new RtspReader();
      socket.on('data', (chunk) => {
        for (const item of reader.push(chunk)) {
          if (item.kind !== 'message') continue;
          socket.write(answer.replaceAll('N', item.headers.get('cseq') ?? '').replaceAll('T', `127.0.0.1:${elsewhere.port}`));
        }
      });
    });
    const url = `rtsp://127.0.0.1:${await listening(camera)}/stream`;
    await expect(
      probeSource({ id: 'x', url }, { rules: {}, timings: { ...SOURCE_TIMINGS, startMs: 800 } }),
    ).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
    });
    expect(elsewhere.visits()).toBe(0);
  });

  test('UDP packets to another host has none sent there', async () => {
    let strays = 0;
    const camera = await serveClip(clip, { udpSource: { host: '127.0.0.9', onPacket: () => (strays += 1) } });
    open.push(() => camera.close());
    await watched({ url: camera.url, transport: 'udp' }).nextFrame();
    expect(strays).toBe(0);
  });
});

describe('a camera that sends a script instead of pictures', () => {
  const SCRIPTS = {
    ffconcat: (port: number) => `ffconcat version 1.0\nfile http://127.0.0.1:${port}/other\nfile other\nfile /etc/passwd\n`,
    HLS: (port: number) =>
      `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:${port}/other\n#EXTINF:1,\n/other.ts\n#EXT-X-ENDLIST\n`,
    SDP: (port: number) =>
      `v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=video ${port} RTP/AVP 96\na=rtpmap:96 H264/90000\n`,
  };
  const TYPES = [undefined, 'text/plain', 'application/octet-stream', 'multipart/x-mixed-replace; boundary=b', 'image/jpeg'];
  const cases = Object.keys(SCRIPTS).flatMap((name) =>
    TYPES.map((type): [keyof typeof SCRIPTS, string | undefined] => [name as keyof typeof SCRIPTS, type]),
  );

  test.each(cases)('%s as %s: nothing in it is opened', async (name, type) => {
    const elsewhere = await trap();
    const asked: string[] = [];
    const port = await http((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(200, type === undefined ? {} : { 'Content-Type': type }).end(SCRIPTS[name](elsewhere.port));
    });
    for (const widthPx of [undefined, 160]) {
      const { states } = watched({ url: `http://127.0.0.1:${port}/list`, ...(widthPx === undefined ? {} : { widthPx }) });
      await until(() => states.some(({ state }) => state === 'backoff' || state === 'failed'));
    }
    expect(new Set(asked)).toEqual(new Set(['/list']));
    expect(elsewhere.visits()).toBe(0);
  });
});

test('what is no picture is not given back by trying an address', async () => {
  const secret = Buffer.from('{"token":"4711"}');
  const port = await http((request, response) => {
    const body =
      request.url === '/markers'
        ? Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xfe, 0, secret.length + 2]), secret, Buffer.from([0xff, 0xd9])])
        : secret;
    response.writeHead(200, { 'Content-Type': request.url === '/json' ? 'application/json' : 'image/jpeg' }).end(body);
  });
  for (const path of ['json', 'plain', 'markers']) {
    await expect(probeSource({ id: 'x', url: `http://127.0.0.1:${port}/${path}` }, { rules: {} })).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
    });
  }
});

describe('a picture without end', () => {
  const limits = { maxFrameBytes: 1 << 20 };
  /** Writes as fast as it is read. */
  const endless = (socket: NodeJS.WritableStream, piece: () => Buffer): void => {
    const go = (): void => {
      while (socket.write(piece()));
    };
    socket.on('drain', go);
    go();
  };

  test.each([undefined, 160])('over http is given up (scaled: %s)', async (widthPx) => {
    const port = await http((request, response) => {
      response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=b' });
      response.write(
        Buffer.concat([Buffer.from('--b\r\nContent-Type: image/jpeg\r\n\r\n'), image.subarray(0, image.length - 2)]),
      );
      const noise = Buffer.alloc(65_536, 0x55);
      endless(response, () => noise);
      request.socket.on('close', () => response.destroy());
    });
    const { becomes } = watched(
      { url: `http://127.0.0.1:${port}/`, ...(widthPx === undefined ? {} : { widthPx }) },
      { limits, timings: { startMs: 3000 } },
    );
    const { reason } = await becomes('backoff');
    expect(reason).toBe(TOO_LARGE);
  });

  test('over RTSP is given up', async () => {
    const camera = createServer((socket) => {
      const reader = new RtspReader();
      socket.on('data', (chunk) => {
        for (const item of reader.push(chunk)) {
          if (item.kind !== 'message') continue;
          const [method = '', url = ''] = item.startLine.split(' ');
          const cseq = { CSeq: item.headers.get('cseq') ?? '' };
          if (method === 'DESCRIBE')
            socket.write(
              rtspResponse('200 OK', { ...cseq, 'Content-Type': 'application/sdp', 'Content-Base': `${url}/` }, clip.sdp),
            );
          else if (method === 'SETUP')
            socket.write(rtspResponse('200 OK', { ...cseq, Session: '1', Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' }));
          else socket.write(rtspResponse('200 OK', { ...cseq, Session: '1' }));
          if (method === 'PLAY') endless(socket, fragments());
        }
      });
    });
    const url = `rtsp://127.0.0.1:${await listening(camera)}/stream`;
    const { becomes } = watched({ url }, { limits });
    expect(await becomes('backoff')).toMatchObject({ reason: TOO_LARGE });
  });

  /** H.264 in fragments (FU-A) of one unit that never ends. */
  function fragments(): () => Buffer {
    let sequence = 0;
    return () => {
      const packet = Buffer.alloc(4 + 12 + 1400, 0x55);
      packet[0] = 0x24;
      packet[1] = 0;
      packet.writeUInt16BE(packet.length - 4, 2);
      packet[4] = 0x80;
      packet[5] = 96;
      packet.writeUInt16BE(sequence & 0xffff, 6);
      packet.writeUInt32BE(1234, 8);
      packet.writeUInt32BE(1, 12);
      packet[16] = 0x7c;
      packet[17] = sequence++ === 0 ? 0x85 : 0x05;
      return packet;
    };
  }
});

test.each(['MD5', 'SHA-256'])(
  'an http camera that asks by digest (%s) gets the right answer and never the password',
  async (algorithm) => {
    const hash = (text: string): string =>
      createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
        .update(text)
        .digest('hex');
    const seen: string[] = [];
    const port = await http((request, response) => {
      const given = request.headers.authorization ?? '';
      seen.push(given);
      const field = (name: string): string => new RegExp(`\\b${name}="?([^",]*)`).exec(given)?.[1] ?? '';
      const expected = hash(
        [hash('viewer:camera:p@ss'), 'n0', field('nc'), field('cnonce'), 'auth', hash(`GET:${request.url}`)].join(':'),
      );
      if (field('response') === expected && field('uri') === request.url)
        response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(image);
      else
        response
          .writeHead(401, {
            'WWW-Authenticate': [
              'Basic realm="camera"',
              `Digest realm="camera", qop="auth,auth-int", nonce="n0", algorithm=${algorithm}`,
            ],
          })
          .end();
    });
    await watched({ url: `http://viewer:p%40ss@127.0.0.1:${port}/video?channel=1` }).nextFrame();
    expect(seen.filter((given) => given.includes('p@ss') || given.startsWith('Basic'))).toEqual([]);
  },
);
