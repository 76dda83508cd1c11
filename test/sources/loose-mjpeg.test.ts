// MJPEG as cameras and little programs send it and browsers show it, whatever the standards say.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import sharp from 'sharp';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { until, watch } from './watched.js';

const open: { close(): Promise<unknown> }[] = [];
let image: Buffer;
beforeAll(async () => {
  // The same noise in every run: what ends like a boundary begins would be cut there.
  const picture = (width: number) => {
    const pixels = Uint8Array.from({ length: width * 48 * 3 }, (_, at) => (at * at * 7919) >>> 5);
    return sharp(pixels, { raw: { width, height: 48, channels: 3 } }).jpeg();
  };
  // A whole picture, with its own end, inside of the one that counts: as cameras put thumbnails into EXIF.
  const [large, small] = await Promise.all([picture(320).toBuffer(), picture(48).toBuffer()]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(small.length + 2);
  image = Buffer.concat([large.subarray(0, 2), Buffer.from([0xff, 0xe1]), length, small, large.subarray(2)]);
});
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

/** A camera that writes these very bytes, then a part every 40 ms. */
async function camera(head: string, part: () => readonly (string | Buffer)[]): Promise<string> {
  const viewers = new Set<Socket>();
  const server = createServer((socket) => {
    viewers.add(socket);
    socket.on('error', () => undefined).once('close', () => viewers.delete(socket));
    socket.once('data', () => {
      socket.write(head);
      const timer = setInterval(() => {
        for (const piece of part()) socket.write(piece);
      }, 40);
      socket.once('close', () => clearInterval(timer));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({
    close: async () => {
      for (const viewer of viewers) viewer.destroy();
      server.close();
      await once(server, 'close');
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/video`;
}

const ok = (type: string, ...more: string[]): string =>
  ['HTTP/1.1 200 OK', ...(type === '' ? [] : [`Content-Type: ${type}`]), ...more, '', ''].join('\r\n');
const MULTIPART = ok('multipart/x-mixed-replace; boundary=frame');
const whole = (): Buffer => image;
const unended = (): Buffer => image.subarray(0, -2);
const chunk = (piece: Buffer): (string | Buffer)[] => [`${piece.length.toString(16)}\r\n`, piece, '\r\n'];

const CAMERAS: Readonly<Record<string, readonly [string, () => readonly (string | Buffer)[]]>> = {
  'no boundary before the first part': [MULTIPART, () => ['Content-Type: image/jpeg\r\n\r\n', whole(), '\r\n--frame\r\n']],
  'parts of type image/jpg with parameters': [
    MULTIPART,
    () => ['--frame\r\nContent-Type: image/jpg; q=1\r\n\r\n', whole(), '\r\n'],
  ],
  'parts of type image/pjpeg': [MULTIPART, () => ['--frame\r\nContent-Type: image/pjpeg\r\n\r\n', whole(), '\r\n']],
  'parts without a type': [MULTIPART, () => ['--frame\r\n\r\n', whole(), '\r\n']],
  'no end markers, a boundary after each': [MULTIPART, () => ['--frame\r\nContent-Type: image/jpeg\r\n\r\n', unended(), '\r\n']],
  'no end markers, with lengths': [
    MULTIPART,
    () => [`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${unended().length}\r\n\r\n`, unended()],
  ],
  'no boundary in the header': [ok('multipart/x-mixed-replace'), () => ['--x\r\n\r\n', whole(), '\r\n']],
  'another boundary than is used': [MULTIPART, () => ['--other\r\nContent-Type: image/jpeg\r\n\r\n', whole(), '\r\n']],
  'a quoted boundary with dashes of its own': [
    ok('Multipart/X-Mixed-Replace;boundary="--my frame"'),
    () => ['--my frame\r\nContent-Type: image/jpeg\r\n\r\n', whole(), '\r\n'],
  ],
  'bare line feeds, in the head of the answer too': [
    MULTIPART.replaceAll('\r', ''),
    () => ['--frame\nContent-Type: image/jpeg\n\n', whole(), '\n'],
  ],
  'a length that is too small': [MULTIPART, () => ['--frame\r\nContent-Length: 10\r\n\r\n', whole(), '\r\n']],
  'a length that is too large': [MULTIPART, () => ['--frame\r\nContent-Length: 9999999\r\n\r\n', whole(), '\r\n']],
  'video/x-motion-jpeg': [ok('video/x-motion-jpeg'), () => [whole()]],
  'image/jpeg without end': [ok('image/jpeg'), () => [whole()]],
  'application/octet-stream': [ok('application/octet-stream'), () => [whole()]],
  'application/octet-stream, no end markers': [ok('application/octet-stream'), () => [unended()]],
  'video/x-jpeg': [ok('video/x-jpeg'), () => [whole()]],
  'video/jpeg': [ok('video/jpeg'), () => [whole()]],
  'image/jpg; charset': [ok('image/jpg; charset=utf-8'), () => [whole()]],
  'binary/octet-stream': [ok('binary/octet-stream'), () => [whole()]],
  'image/* for want of a better name': [ok('image/*'), () => [whole()]],
  'no type at all': [ok(''), () => ['--frame\r\n\r\n', whole(), '\r\n']],
  'a type in quotation marks': [ok('"multipart/x-mixed-replace"; boundary=a'), () => ['--a\r\n\r\n', whole(), '\r\n']],
  chunks: [ok('multipart/x-mixed-replace; boundary=a', 'Transfer-Encoding: chunked'), () => chunk(whole())],
  'HTTP/1.0 without a length': [MULTIPART.replace('1.1', '1.0'), () => ['--frame\r\n\r\n', whole(), '\r\n']],
  'a length of what has no end': [ok('application/octet-stream', 'Content-Length: 9999999'), () => [whole()]],
  'a length and chunks': [
    ok('multipart/x-mixed-replace; boundary=a', 'Content-Length: 1000', 'Transfer-Encoding: chunked'),
    () => chunk(whole()),
  ],
};

test.each(Object.entries(CAMERAS))('%s: live, with its very pictures', async (_, [head, part]) => {
  const url = await camera(head, part);
  const watched = watch({ url, fps: 20 });
  open.push(watched.source);
  await until(
    () => watched.frames.length >= 4,
    8000,
    () => JSON.stringify(watched.states),
  );
  expect(watched.frames.every(({ jpeg }) => image.equals(jpeg))).toBe(true);
  expect(watched.states.map(({ state }) => state)).toEqual(['connecting', 'live']);
});

test('scaled: pictures without end markers go through ffmpeg as well', async () => {
  const url = await camera(MULTIPART, () => ['--frame\r\nContent-Type: image/jpg\r\n\r\n', unended(), '\r\n']);
  const watched = watch({ url, fps: 20, widthPx: 160 });
  open.push(watched.source);
  const { jpeg } = await watched.nextFrame();
  expect((await sharp(jpeg).metadata()).width).toBe(160);
});
