// Which files of a folder `onlooker enroll` and `onlooker send` take, and what they make of pictures that the service does not.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { onlooker } from './program.js';
import { scriptedGallery } from './scripted-gallery.js';
import { ScriptedService } from './scripted-service.js';

let folder: string;
let service: ScriptedService;
let bodies: Buffer[];

/** A red half on the left, a blue one on the right, so that it shows which way is up. */
const scene = (width = 320, height = 160) =>
  sharp({ create: { width, height, channels: 3, background: '#0000ff' } }).composite([
    { input: { create: { width: width / 2, height, channels: 3, background: '#ff0000' } }, left: 0, top: 0 },
  ]);
const noisy = (width: number, height: number) =>
  sharp({
    create: { width, height, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma: 60 } },
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-pictures-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  bodies = [];
  const gallery = scriptedGallery();
  service = await ScriptedService.start({
    onRequest(request, response) {
      if (request.url?.endsWith('/faces') && request.method === 'POST') {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          bodies.push(Buffer.concat(chunks));
          response.writeHead(201, { 'content-type': 'application/json' });
          response.end(JSON.stringify({ face: `f${bodies.length}`, quality: 0.8, box: [1, 2, 3, 4] }));
        });
      } else gallery.onRequest(request, response);
    },
  });
});
afterEach(() => service.close());

const enroll = (...paths: string[]) => onlooker(['enroll', 'Ada', ...paths], { ONLOOKER_URL: service.url });
const album = async (name: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> => {
  const path = join(folder, name);
  await mkdir(path);
  for (const [file, bytes] of Object.entries(files)) await writeFile(join(path, file), bytes);
  return path;
};
const APPLE_DOUBLE = Buffer.from('00051607000200004d6163204f532058', 'hex');
/** The beginning of a HEIC file, as a phone writes it: enough to be known by. */
const HEIC = Buffer.concat([Buffer.from('\0\0\0\x24ftypheic\0\0\0\0mif1MiHEmiafheictmap', 'latin1'), Buffer.alloc(500)]);

async function expectScene(image: Buffer | undefined, turned = false): Promise<void> {
  const { data, info } = await sharp(image).toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)];
  const [first, last] = turned
    ? [at(info.width >> 1, info.height - 9), at(info.width >> 1, 8)]
    : [at(8, info.height >> 1), at(info.width - 9, info.height >> 1)];
  expect(first[0]).toBeGreaterThan(150);
  expect(first[2]).toBeLessThan(120);
  expect(last[2]).toBeGreaterThan(110);
  expect(last[0]).toBeLessThan(110);
}

test('of a folder every picture is taken, whatever it is called; what systems put there is passed over, the rest is told', async () => {
  const jpeg = await scene().jpeg().toBuffer();
  const path = await album('mixed', {
    '._1.jpg': APPLE_DOUBLE,
    '.DS_Store': 'x',
    'Thumbs.db': 'x',
    'desktop.ini': 'x',
    '1.jfif': jpeg,
    '2.JPG': jpeg,
    '3.jpe': jpeg,
    '4.tif': await scene().tiff().toBuffer(),
    '5': jpeg,
    '6.dat': await scene().png().toBuffer(),
    'list.txt': 'Ada',
    'film.mp4': Buffer.from('\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41', 'latin1'),
  });
  await mkdir(join(path, '__MACOSX'));
  await mkdir(join(path, 'more'));
  const { code, stdout, stderr } = await enroll(path);
  expect(stdout.match(/^\S+ +enrolled/gm)?.map((line) => line.split(' ')[0])).toEqual([
    '1.jfif',
    '2.JPG',
    '3.jpe',
    '4.tif',
    '5',
    '6.dat',
  ]);
  expect(stderr).toBe(
    `onlooker: left out of ${path}: 2 files that are no pictures (film.mp4, list.txt) and 1 folder, which is not opened (more)\n` +
      '6 of 6 enrolled for Ada (p1)\n',
  );
  expect(code).toBe(0);
});

test('the other half of a file is passed over where a pattern names it too; a folder with nothing else says what it holds', async () => {
  const path = await album('halves', { 'a.jpg': await scene().jpeg().toBuffer(), '._a.jpg': APPLE_DOUBLE });
  const both = await enroll(join(path, 'a.jpg'), join(path, '._a.jpg'));
  expect([both.code, both.stderr]).toEqual([0, '1 of 1 enrolled for Ada (p1)\n']);
  const empty = await album('papers', { '.DS_Store': 'x', 'list.txt': 'Ada' });
  const { code, stderr } = await enroll(empty);
  expect([code, stderr]).toEqual([1, `onlooker: there are no pictures in ${empty}, only 1 file that is no picture (list.txt)\n`]);
});

test.each([
  ['tiff of 16 bits', () => scene().toColourspace('rgb16').tiff().toBuffer(), false],
  ['tiff for printers', () => scene().toColourspace('cmyk').tiff({ compression: 'lzw' }).toBuffer(), false],
  ['tiff that is to be turned', () => scene().tiff().withMetadata({ orientation: 8 }).toBuffer(), true],
  ['gif', () => scene().gif().toBuffer(), false],
  ['avif', () => scene().avif({ quality: 60 }).toBuffer(), false],
])('%s is sent as JPEG, upright', async (_kind, make, isTurned) => {
  const path = join(folder, 'picture.jpg');
  await writeFile(path, await make());
  const { code, stderr } = await enroll(path);
  expect([code, stderr]).toEqual([0, '1 of 1 enrolled for Ada (p1)\n']);
  expect(bodies[0]?.readUInt16BE(0)).toBe(0xffd8);
  await expectScene(bodies[0], isTurned);
});

test.each(['bmp', 'jxl'])('%s is read by ffmpeg and sent as JPEG', async (suffix) => {
  const png = join(folder, 'scene.png');
  await scene().png().toFile(png);
  const path = join(folder, `scene.${suffix}`);
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', png, path]);
  const { code, stderr } = await enroll(path);
  expect([code, stderr]).toEqual([0, '1 of 1 enrolled for Ada (p1)\n']);
  await expectScene(bodies[0]);
});

test('a pipe, a device and a link that leads in a circle keep nobody waiting: they are told', async () => {
  const path = await album('odd', { 'a.jpg': await scene().jpeg().toBuffer() });
  execFileSync('mkfifo', [join(path, 'pipe.jpg')]);
  await symlink('gone', join(path, 'nowhere.jpg'));
  await symlink('circle', join(path, 'circle'));
  const folder = await enroll(path);
  expect(folder.stdout).toMatch(/a\.jpg +enrolled[^\n]*\nnowhere\.jpg +unreadable/);
  expect(folder.stderr).toContain('2 files that are no pictures (circle, pipe.jpg)');
  for (const words of [['enroll', 'Ada'], ['send']])
    for (const [file, why] of [
      [join(path, 'pipe.jpg'), 'is neither a file nor a folder: save it as a file first'],
      ['/dev/zero', 'is neither a file nor a folder: save it as a file first'],
      [join(path, 'circle'), 'cannot be read (ELOOP)'],
    ] as const) {
      const { code, stderr } = await onlooker([...words, file], { ONLOOKER_URL: service.url });
      expect([code, stderr]).toEqual([1, `onlooker: ${file} ${why}\n`]);
    }
});

test('SVG is refused in one sentence, by `enroll` and by `send`, whatever it is called', async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';
  const path = await album('drawings', {
    'a.svg': svg,
    'b.jpg': `\ufeff<?xml version="1.0"?>\n${svg}`,
    'c.dat': `<!-- made by hand -->\n${svg}`,
  });
  for (const name of ['a.svg', 'b.jpg', 'c.dat']) {
    const sentence = 'SVG drawings are not read: save it as JPEG or PNG\n';
    const enrolled = await enroll(join(path, name));
    expect(enrolled.stdout).toContain(sentence);
    expect(enrolled.code).toBe(1);
    const sent = await onlooker(['send', join(path, name)], { ONLOOKER_URL: service.url });
    expect(sent.stderr).toContain(`onlooker: ${name}: ${sentence}`);
    expect(sent.code).toBe(1);
  }
  expect(bodies).toEqual([]);
  expect(service.frames()).toEqual([]);
});

test('of an AVIF picture that moves the first one is sent', async () => {
  const path = join(folder, 'moves.avif');
  const png = join(folder, 'still.png');
  await scene().png().toFile(png);
  const film = ['-loop', '1', '-t', '1', '-r', '3', '-i', png, '-pix_fmt', 'yuv420p', '-c:v', 'libaom-av1', '-cpu-used', '8'];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...film, path]);
  const { code, stderr } = await enroll(path);
  expect([code, stderr]).toEqual([0, '1 of 1 enrolled for Ada (p1)\n']);
  await expectScene(bodies[0]);
});

test('of an animated picture the first one is sent', async () => {
  const path = join(folder, 'film.gif');
  const second = await scene().negate().png().toBuffer();
  const frames = [await scene().png().toBuffer(), second];
  await sharp(frames, { join: { animated: true } })
    .gif({ delay: [100, 100] })
    .toFile(path);
  expect((await enroll(path)).code).toBe(0);
  const { width, height } = await sharp(bodies[0]).metadata();
  expect([width, height]).toEqual([320, 160]);
  await expectScene(bodies[0]);
});

test('a photograph that is too large is sent smaller and upright, a small one as it is', async () => {
  const large = join(folder, 'large.jpg');
  await noisy(4000, 3000).jpeg({ quality: 95 }).withMetadata({ orientation: 6 }).toFile(large);
  const small = join(folder, 'small.jpg');
  const bytes = await scene().jpeg().toBuffer();
  await writeFile(small, bytes);
  expect((await enroll(large, small)).code).toBe(0);
  const { width, height, orientation } = await sharp(bodies[0]).metadata();
  expect([width, height, orientation ?? 1]).toEqual([1920, 2560, 1]);
  expect(bodies[0]?.length).toBeLessThan(5 * 1024 * 1024);
  expect(bodies[1]?.equals(bytes)).toBe(true);
});

test('a large photograph may lack its end marker and have bytes before and behind it; half of one is refused', async () => {
  const whole = await noisy(3200, 2400).jpeg({ quality: 96 }).toBuffer();
  expect(whole.length).toBeGreaterThan(5 * 1024 * 1024);
  const path = await album('large', {
    '1.jpg': whole.subarray(0, -2),
    '2.jpg': Buffer.concat([Buffer.from('\r\n'), whole, Buffer.alloc(5000)]),
    '3.jpg': whole.subarray(0, Math.floor(whole.length * 0.9)),
  });
  const { code, stdout } = await enroll(path);
  expect(stdout).toMatch(/1\.jpg +enrolled[^\n]*\n2\.jpg +enrolled[^\n]*\n3\.jpg +unreadable +this JPEG picture is truncated\n/);
  expect(code).toBe(1);
  for (const body of bodies) expect(await sharp(body).metadata()).toMatchObject({ width: 2560, height: 1920 });
});

test('HEIC says in one sentence what to do, in `enroll` and in `send`', async () => {
  const path = await album('phone', { 'y.HEIC': HEIC });
  const enrolled = await enroll(path);
  expect(enrolled.stdout).toMatch(
    /y\.HEIC +unreadable +HEIC pictures cannot be read here: save it as JPEG \(on an iPhone: [^\n]*\)\n/,
  );
  expect(enrolled.code).toBe(1);
  const sent = await onlooker(['send', path], { ONLOOKER_URL: service.url });
  expect(sent.stderr).toMatch(/^onlooker: y\.HEIC: HEIC pictures cannot be read here: save it as JPEG/);
  expect(sent.code).toBe(1);
});

test('`send` takes them the same way', async () => {
  const path = await album('sent', { 'a.avif': await scene().avif().toBuffer(), 'b.gif': await scene().gif().toBuffer() });
  const { code, stderr } = await onlooker(['send', path], { ONLOOKER_URL: service.url });
  expect(stderr).toMatch(/^2 frames: 2 ok/);
  expect(code).toBe(0);
  for (const { image } of service.frames()) await expectScene(Buffer.from(image as Uint8Array));
});
