// Real encoders: what ffmpeg makes of a still, and of the same still with the noise of a sensor.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { FrozenPicture } from '../../pipeline/cameras/frozen-picture.js';
import { sceneBrightness } from '../../pipeline/images/brightness-grid.js';
import { JpegSplitter } from '../../pipeline/sources/jpeg-splitter.js';
import { fixture } from '../fixtures.js';

const FPS = 5;
const H264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-g', '50'];
let still: string;

beforeAll(async () => {
  still = await fixture('franck_01829.jpg');
});

/** The still as a camera's encoder sends it, 10 pictures a second, of which every second one is looked at. */
async function encoded(filter: string, encoder: readonly string[], seconds: number): Promise<readonly Uint8Array[]> {
  // Repeated once it is small: the whole photograph would be decoded for each of the pictures.
  const filters = `scale=320:180,format=yuv420p,loop=-1:1,${filter}`;
  const source = ['-framerate', '10', '-i', still, '-t', String(seconds), '-vf', filters];
  const film = await ffmpeg([...source, ...encoder, '-f', 'mpegts', '-']);
  const jpegs = ['-vf', "select='not(mod(n,2))'", '-fps_mode', 'passthrough', '-c:v', 'mjpeg', '-q:v', '3', '-f', 'mjpeg', '-'];
  const bytes = await ffmpeg(['-f', 'mpegts', '-i', 'pipe:0', ...jpegs], film);
  return new JpegSplitter(1 << 24).push(bytes);
}

async function ffmpeg(args: readonly string[], input?: Buffer): Promise<Buffer> {
  const options = { encoding: 'buffer' as const, maxBuffer: 1 << 28 };
  const running = promisify(execFile)('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...args], options);
  running.child.stdin?.end(input);
  return (await running).stdout;
}

async function sceneOf(jpeg: Uint8Array): Promise<Float32Array> {
  const { data, info } = await sharp(jpeg).greyscale().raw().toBuffer({ resolveWithObject: true });
  const pixels = new SharedArrayBuffer(data.length);
  new Uint8Array(pixels).set(data);
  return sceneBrightness({ width: info.width, height: info.height, pixels, channels: 1 });
}

/** @returns after each picture, whether it is frozen */
async function verdicts(frozen: FrozenPicture, jpegs: readonly Uint8Array[], startMs = 0): Promise<boolean[]> {
  const told: boolean[] = [];
  for (const [index, jpeg] of jpegs.entries()) {
    frozen.picture(jpeg, startMs + (index * 1000) / FPS);
    frozen.scene(await sceneOf(jpeg));
    told.push(frozen.isFrozen);
  }
  return told;
}

test.each([
  ['constant quality', [...H264, '-crf', '23']],
  ['a constant rate', [...H264, '-b:v', '2M']],
  ['MPEG-4', ['-c:v', 'mpeg4', '-b:v', '1M', '-g', '25']],
] as const)('a still that an encoder sends again and again is frozen after about a minute: %s', async (_, encoder) => {
  const told = await verdicts(new FrozenPicture(), await encoded('null', encoder, 110));
  expect(told.slice(0, 60 * FPS)).not.toContain(true);
  expect(told.at(-1)).toBe(true);
  expect(told.lastIndexOf(false)).toBeLessThan(told.indexOf(true));
});

test.each([
  ['hardly any noise', 'noise=alls=1:allf=t', [...H264, '-crf', '23']],
  ['hardly any noise at a low rate', 'noise=alls=1:allf=t', [...H264, '-b:v', '200k', '-maxrate', '200k', '-bufsize', '200k']],
  ['little noise of which the encoder keeps little', 'noise=alls=2:allf=t', [...H264, '-crf', '32']],
] as const)('an empty scene whose sensor makes noise is never frozen: %s', async (_, filter, encoder) => {
  expect(await verdicts(new FrozenPicture(), await encoded(filter, encoder, 110))).not.toContain(true);
});

test('the same image again and again is frozen, also with the time in its header, until new ones come', async () => {
  const image = await sharp(still).resize(320, 180).jpeg().toBuffer();
  const withTime = (index: number): Uint8Array => {
    const text = Buffer.from(`picture ${1000 + index}`);
    return Buffer.concat([image.subarray(0, 2), Buffer.from([0xff, 0xfe, 0, text.length + 2]), text, image.subarray(2)]);
  };
  const frozen = new FrozenPicture();
  const told = await verdicts(
    frozen,
    Array.from({ length: 62 * FPS }, (_, index) => withTime(index)),
  );
  expect([told.indexOf(true), told.lastIndexOf(false)]).toEqual([60 * FPS, 60 * FPS - 1]);
  expect(frozen.unchangedMs).toBe(61_800);
  const other = await sharp(image).negate().jpeg().toBuffer();
  expect(await verdicts(frozen, [other], 62_000)).toEqual([false]);
});

test('a film in a loop repeats itself and is not frozen, for its scene moves', async () => {
  const round = await Promise.all(
    Array.from({ length: 10 }, (_, index) => {
      const hand = {
        input: { create: { width: 40, height: 40, channels: 3 as const, background: 'white' } },
        left: 20 * index,
        top: 60,
      };
      return sharp(still).resize(320, 180).composite([hand]).jpeg().toBuffer();
    }),
  );
  const film = Array.from({ length: 100 * FPS }, (_, index) => round[index % round.length] ?? new Uint8Array());
  expect(await verdicts(new FrozenPicture(), film)).not.toContain(true);
});

test('an encoder that refines a frozen still now and then does not make it live', () => {
  const frozen = new FrozenPicture();
  const picture = (text: string): Uint8Array => Buffer.from(text);
  let nowMs = 0;
  for (; nowMs < 70_000; nowMs += 200) frozen.picture(picture('still'), nowMs);
  frozen.picture(picture('refined'), nowMs);
  frozen.picture(picture('still'), nowMs);
  expect(frozen.isFrozen).toBe(true);
  for (let index = 0; index < 3; index++) frozen.picture(picture(`new ${index}`), nowMs);
  expect(frozen.isFrozen).toBe(false);
});

test('a camera that says again and again that nothing has changed is frozen too', () => {
  const frozen = new FrozenPicture();
  frozen.picture(Buffer.from('still'), 0);
  for (let nowMs = 5000; nowMs <= 55_000; nowMs += 5000) frozen.unchanged(nowMs);
  expect(frozen.isFrozen).toBe(false);
  frozen.unchanged(60_000);
  expect(frozen.isFrozen).toBe(true);
});

test('an hour without a picture, or a process that stood still, says nothing of what was shown meanwhile', () => {
  const frozen = new FrozenPicture();
  frozen.picture(Buffer.from('still'), 0);
  frozen.picture(Buffer.from('still'), 3_600_000);
  expect(frozen.isFrozen).toBe(false);
});
