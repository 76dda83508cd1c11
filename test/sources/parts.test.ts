// The parts that need neither a camera nor ffmpeg.
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { retryAfterMs } from '../../pipeline/sources/backoff.js';
import { Authorization } from '../../pipeline/sources/challenge.js';
import { FfmpegLog } from '../../pipeline/sources/ffmpeg-log.js';
import { chooseHwaccel } from '../../pipeline/sources/hardware.js';
import { readJpegHeader } from '../../pipeline/images/jpeg-header.js';
import { JpegSplitter } from '../../pipeline/sources/jpeg-splitter.js';
import { NewestFrame, type SourceFrame } from '../../pipeline/sources/newest-frame.js';
import { RateGuard } from '../../pipeline/sources/rate-guard.js';
import { checkSettings, SOURCE_LIMITS, SOURCE_TIMINGS } from '../../pipeline/sources/source-settings.js';

const picture = (width: number, height: number, level: number, progressive = false) =>
  sharp({ create: { width, height, channels: 3, background: 'red', noise: { type: 'gaussian', mean: level, sigma: 60 } } })
    .jpeg({ progressive })
    .toBuffer();

/** With another image in one of its segments, as cameras put their thumbnails. */
function withThumbnail(image: Buffer, thumbnail: Buffer): Buffer {
  const header = Buffer.from([0xff, 0xe1, 0, 0]);
  header.writeUInt16BE(thumbnail.length + 2, 2);
  return Buffer.concat([image.subarray(0, 2), header, thumbnail, image.subarray(2)]);
}

test.each([1, 2, 3, 7, 1000, 65_536])('images are cut out of a stream in pieces of %i bytes', async (step) => {
  const plain = await picture(64, 48, 100);
  const images = [plain, await picture(80, 40, 130, true), withThumbnail(plain, await picture(16, 16, 90)), plain];
  const stream = Buffer.concat([Buffer.from('noise\xff\xff before', 'latin1'), ...images]);
  const splitter = new JpegSplitter(1 << 20);
  const found: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += step) found.push(...splitter.push(stream.subarray(at, at + step)));
  expect(found.length).toBe(images.length);
  images.forEach((image, index) => expect(image.equals(found[index] ?? new Uint8Array())).toBe(true));
  expect(splitter.leftOut).toBe(0);
});

test.each([
  ['a boundary and its part header', '\r\n--frame\r\nContent-Type: image/jpg\r\n\r\n'],
  ['bare line feeds', '\n--frame\nContent-Type: image/pjpeg\n\n'],
  ['a boundary with dashes of its own, no part type', '\r\n----frame--x\r\nContent-Length: 1\r\n\r\n'],
  ['nothing', ''],
])('an image without its end marker ends where the next begins: between them %s', async (_, between) => {
  const image = withThumbnail(await picture(64, 48, 100), await picture(16, 16, 90));
  const part = Buffer.concat([Buffer.from(between), image.subarray(0, -2)]);
  const stream = Buffer.concat([part, part, part, part]);
  for (const step of [1, 7, 65_536]) {
    const splitter = new JpegSplitter(1 << 20);
    const found: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += step) found.push(...splitter.push(stream.subarray(at, at + step)));
    expect(found.map((one) => image.equals(one))).toEqual([true, true, true]);
    expect(splitter.leftOut).toBe(0);
  }
});

test('no image shares memory with another, nor keeps much more than its own', async () => {
  const large = await picture(400, 300, 100);
  const small = await picture(64, 48, 100);
  const images = [large, large, small, large, small, small, large];
  const splitter = new JpegSplitter(1 << 20);
  const found: Uint8Array<ArrayBuffer>[] = [];
  for (const image of images) {
    const middle = image.length >> 1;
    found.push(...splitter.push(image.subarray(0, middle)), ...splitter.push(image.subarray(middle)));
  }
  expect(new Set(found.map(({ buffer }) => buffer)).size).toBe(images.length);
  for (const { buffer, byteLength } of found) expect(buffer.byteLength).toBeLessThanOrEqual(1.34 * byteLength);
  images.forEach((image, index) => expect(image.equals(found[index] ?? new Uint8Array())).toBe(true));
});

test('an image that is too large or broken off is left out, and the next one found', async () => {
  const small = await picture(32, 32, 100);
  const large = await picture(400, 400, 100);
  const splitter = new JpegSplitter(small.length + 1000);
  expect(splitter.push(Buffer.concat([small, large, small])).length).toBe(2);
  expect(splitter.leftOut).toBe(1);
  expect(splitter.push(Buffer.concat([small.subarray(0, 20), Buffer.alloc(2), small, small])).length).toBeGreaterThanOrEqual(1);
  expect(splitter.leftOut).toBeGreaterThanOrEqual(1);
});

test('an image without end is known to be too large, and costs no memory', () => {
  const splitter = new JpegSplitter(1 << 20);
  const before = process.memoryUsage();
  splitter.push(Buffer.from('ffd8ffda0004', 'hex'));
  // Each piece of its own, as from a pipe.
  for (let piece = 0; piece < 1 << 20; piece++) splitter.push(Buffer.from([0x55]));
  expect(splitter.isPastBound).toBe(true);
  const after = process.memoryUsage();
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(16 << 20);
  expect(splitter.push(Buffer.from([0xff, 0xd9]))).toEqual([]);
  expect(splitter.leftOut).toBe(1);
});

test('a password is answered for as RFC 2069 has it', () => {
  const authorization = new Authorization({ user: 'Mufasa', password: 'CircleOfLife' });
  expect(authorization.header('GET', '/dir/index.html')).toBeNull();
  const challenge =
    'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"';
  expect(authorization.accept(['Basic realm="x"', challenge])).toBe(true);
  const header = authorization.header('GET', '/dir/index.html');
  expect(header).toMatch(/^Digest .*response="1949323746fe6a43ef61f9606e7febea", opaque="5ccc069c403ebaf9f0171e9517f40e41"$/);
  // The same again means that the password is wrong; a stale nonce does not.
  expect(authorization.accept([challenge])).toBe(false);
  expect(authorization.accept([`${challenge}, stale=TRUE`])).toBe(true);
});

test('nonces that run out are answered for once more, whether that is said or not, and a wrong password never twice', () => {
  const authorization = new Authorization({ user: 'ada', password: 'x' });
  const nonce = (text: string, more = ''): string => `Digest realm="r", nonce="${text}"${more}`;
  expect(authorization.accept([nonce('1')])).toBe(true);
  expect(authorization.accept([nonce('2')])).toBe(false);
  authorization.taken();
  expect(authorization.accept([nonce('3')])).toBe(true);
  expect(authorization.accept([nonce('4', ', stale=true')])).toBe(false);
  expect(authorization.accept([nonce('5', ', stale=true')])).toBe(false);
  authorization.taken();
  expect(authorization.accept([nonce('6')])).toBe(true);
  // The same one again was refused for what was in it.
  authorization.taken();
  expect(authorization.accept([nonce('6')])).toBe(false);
});

test.each(['MD5-sess', 'SHA-256-sess'])('a password is answered for by %s, with and without the body', (algorithm) => {
  const hash = (text: string): string =>
    createHash(algorithm.startsWith('MD5') ? 'md5' : 'sha256')
      .update(text)
      .digest('hex');
  for (const qop of ['auth', 'auth-int']) {
    const authorization = new Authorization({ user: 'łukasz', password: 'pä:x' });
    expect(authorization.accept([`Digest realm="r", nonce="n", qop="${qop}", algorithm=${algorithm}`])).toBe(true);
    const header = Buffer.from(authorization.header('GET', '/a') ?? '', 'latin1').toString();
    const field = (name: string): string => new RegExp(`\\b${name}="?([^",]*)`).exec(header)?.[1] ?? '';
    const secret = hash(`${hash('łukasz:r:pä:x')}:n:${field('cnonce')}`);
    const asked = hash(qop === 'auth' ? 'GET:/a' : `GET:/a:${hash('')}`);
    expect(field('response')).toBe(hash(`${secret}:n:00000001:${field('cnonce')}:${qop}:${asked}`));
    expect([field('username'), field('qop'), field('algorithm')]).toEqual(['łukasz', qop, algorithm]);
  }
});

test('the size of an image is read from its header', async () => {
  expect(readJpegHeader(await picture(123, 45, 100))).toMatchObject({ width: 123, height: 45 });
  expect(readJpegHeader(new Uint8Array(5))).toBeNull();
});

test('waits grow with each failure up to their bound, with jitter, and are slow for what does not pass', () => {
  const waits = [1, 2, 3, 4, 5, 10, 1000].map((failures) => retryAfterMs('passing', failures, SOURCE_TIMINGS, 1));
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 10_000, 10_000]);
  expect(retryAfterMs('passing', 3, SOURCE_TIMINGS, 0)).toBe(500);
  expect(retryAfterMs('unreachable', 1000, SOURCE_TIMINGS, 1)).toBe(1200);
  expect(retryAfterMs('lasting', 1, SOURCE_TIMINGS, 1)).toBe(60_000);
  expect([1, 2, 3, 4].map((refusals) => retryAfterMs('refused', refusals, SOURCE_TIMINGS, 0))).toEqual([
    30_000, 30_000, 1_800_000, 1_800_000,
  ]);
});

test('while the taker is busy only the newest frame waits, and an error of his stops nothing', async () => {
  const frame = (atMs: number): SourceFrame => ({ jpeg: new Uint8Array(), atMs });
  const taken: number[] = [];
  const errors: unknown[] = [];
  const newest = new NewestFrame(
    async ({ atMs }) => {
      taken.push(atMs);
      await Promise.resolve();
      if (atMs === 1) throw new Error('no');
    },
    (error) => errors.push(error),
  );
  for (const atMs of [1, 2, 3, 4]) newest.offer(frame(atMs));
  await newest.deliver(frame(5));
  expect(taken).toEqual([1, 5]);
  expect(newest.counts).toEqual({ delivered: 2, dropped: 3 });
  expect(errors.length).toBe(1);
});

test('at most so many pictures a second pass, and a burst after a pause', () => {
  const guard = new RateGuard(5, 1.5);
  const passed = Array.from({ length: 250 }, (_, index) => guard.lets(index * 40)).filter(Boolean).length;
  expect(passed).toBeGreaterThanOrEqual(50);
  expect(passed).toBeLessThanOrEqual(52);
});

test('a reason is the most telling of what ffmpeg printed, and repeats none of it', () => {
  const log = new FfmpegLog(SOURCE_LIMITS);
  log.push(
    "[rtsp @ 0x1] method DESCRIBE failed: 401 Unauthorized\n[concat @ 0x2] Impossible to open 'rtsp://u:geheim@cam/'\npipe:0: Inva",
  );
  log.push('lid data found when processing input\n');
  expect(log.failure).toEqual({ kind: 'refused', reason: 'the camera refuses the user name or password' });
});

test('the tick rate of a clock is no frame rate', () => {
  const log = new FfmpegLog(SOURCE_LIMITS);
  log.push("Input #0, concat, from 'pipe:0':\n  Stream #0:0: Video: h264, none, 90k tbr, 90k tbn\n");
  expect(log.stream).toEqual({ codec: 'h264', size: null, fps: null });
  expect(log.fatal).toBeNull();
});

test.each([
  { fps: 0 },
  { fps: 61 },
  { fps: NaN },
  { widthPx: 10.5 },
  { widthPx: 9000 },
  { aspect: '16:9,drawtext' },
  { aspect: '0:9' },
  { rotate: 45 as 90 },
  { flip: 'both' as 'vertical' },
  { hwaccel: 'cuda -i /etc/passwd' },
  { hwaccel: '-i' },
])('%j is refused', (settings) => {
  expect(() => checkSettings({ id: 'x', url: 'rtsp://cam/', ...settings })).toThrow(
    expect.objectContaining({ code: 'BAD_MESSAGE' }),
  );
});

test('hardware that is not there is not chosen', async () => {
  expect(await chooseHwaccel('none')).toBeNull();
  expect(await chooseHwaccel('no_such_method')).toBeNull();
});
