// `onlooker send` as a user runs it, against a scripted service.
import { mkdtemp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { finished, onlooker, start } from './program.js';
import { OK_FACES, ScriptedService, until, type Message, type Script } from './scripted-service.js';

let folder: string;
let services: ScriptedService[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-send-'));
  await mkdir(join(folder, 'album'));
  const grey = sharp({ create: { width: 160, height: 120, channels: 3, background: '#777' } });
  for (const name of ['10.png', '9.JPG', 'b.webp']) await grey.clone().toFile(join(folder, 'album', name));
  await writeFile(join(folder, 'album', 'notes.txt'), 'not an image');
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=d=2:r=25:s=160x120', join(folder, 'film.mp4')]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const service of services) await service.close();
  services = [];
});

async function serviceThat(script: Script = {}): Promise<ScriptedService> {
  const service = await ScriptedService.start(script);
  services.push(service);
  return service;
}
const LANDMARKS = [
  [40, 40],
  [60, 40],
  [50, 50],
  [42, 62],
  [58, 62],
];
const NAMED = {
  box: [30, 30, 40, 44],
  score: 0.98,
  landmarks: LANDMARKS,
  quality: 0.7,
  track: null,
  person: { id: 'p1', name: 'Ada & <Bob>\u001b[31m', similarity: 0.731 },
};
const answerWith = (outcome: (frame: Message) => Message): NonNullable<Script['onMessage']> => {
  return (message, connection) => {
    if (message.t !== 'frame') return;
    connection.answer(message, outcome(message));
    return true;
  };
};

test('a folder is sent in the order people count, and printed as a table', async () => {
  const service = await serviceThat({ onMessage: answerWith(() => ({ ...OK_FACES, faces: [NAMED] })) });
  const { code, stdout, stderr } = await onlooker(['send', join(folder, 'album'), '--url', service.url]);
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^FRAME +TIME +PERSON +SIMILARITY +QUALITY +SCORE +BOX$/);
  expect(lines.slice(1).map((line) => line.split(' ')[0])).toEqual(['9.JPG', '10.png', 'b.webp']);
  // The terminal's control characters of the name are gone, and there are no colours in a pipe.
  expect(lines[1]).toMatch(/^9\.JPG +Ada & <Bob> +0\.73 +0\.70 +0\.98 +30,30,40,44$/);
  expect(stdout).not.toContain('\u001b');
  expect(stderr).toBe(stderr.replace('\u001b', ''));
  expect(stderr).toMatch(
    /^onlooker: left out of .*album: 1 file that is no picture \(notes\.txt\)\n3 frames: 3 ok · 3 faces, Ada & <Bob> in 3 · [\d.]+ frames\/s\n$/,
  );
  expect(code).toBe(0);
});

test('--json prints one object for each frame, the bytes of embeddings as base64', async () => {
  const embedding = new Uint8Array([0, 0, 128, 63]);
  const service = await serviceThat({
    onMessage: answerWith(() => ({ ...OK_FACES, faces: [{ ...NAMED, person: undefined, embedding, dim: 1 }] })),
  });
  const { code, stdout } = await onlooker([
    'send',
    join(folder, 'album', '10.png'),
    '--task',
    'embed',
    '--json',
    '-u',
    service.url,
  ]);
  const line = JSON.parse(stdout) as Message & { faces: Message[] };
  expect(line).toMatchObject({ file: join(folder, 'album', '10.png'), frame: null, time_ms: null, status: 'ok', seq: 0 });
  expect(line.faces[0]?.embedding).toBe('AACAPw==');
  expect(code).toBe(0);
});

test('a video is sampled at --fps, with the place of each frame in it', async () => {
  const service = await serviceThat();
  const { code, stdout } = await onlooker([
    'send',
    join(folder, 'film.mp4'),
    '--fps',
    '5',
    '--json',
    '--url',
    service.url,
    '--stream',
    'film',
    '--region',
    '0,0,1,0.5',
    '--min-face',
    '24',
  ]);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Message);
  expect(lines.map((line) => line.time_ms)).toEqual([0, 200, 400, 600, 800, 1000, 1200, 1400, 1600, 1800]);
  expect(lines.map((line) => line.frame)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(service.received[0]).toEqual({
    t: 'open',
    stream: 'film',
    task: 'faces',
    send: 'frames',
    region: [0, 0, 1, 0.5],
    min_face: 24,
    tracking: false,
  });
  const [first, last] = [service.frames()[0], service.frames()[9]];
  expect(Number(last?.ts) - Number(first?.ts)).toBe(1800);
  expect(code).toBe(0);
});

test('--limit ends early and leaves no ffmpeg behind', async () => {
  const service = await serviceThat();
  const { code, stdout } = await onlooker(['send', join(folder, 'film.mp4'), '--limit', '3', '--json', '--url', service.url]);
  expect(stdout.trimEnd().split('\n')).toHaveLength(3);
  expect(service.frames()).toHaveLength(3);
  expect(code).toBe(0);
});

test('--realtime skips frames that find no credit instead of falling behind', async () => {
  const service = await serviceThat({
    credits: 1,
    onMessage(message, connection) {
      if (message.t !== 'frame') return;
      setTimeout(() => connection.answer(message), 300);
      return true;
    },
  });
  const { code, stdout, stderr } = await onlooker([
    'send',
    join(folder, 'film.mp4'),
    '--realtime',
    '--json',
    '--url',
    service.url,
  ]);
  const sent = stdout.trimEnd().split('\n').length;
  expect(sent).toBeGreaterThan(3);
  expect(sent).toBeLessThan(15);
  expect(Number(/(\d+) skipped/.exec(stderr)?.[1])).toBeGreaterThan(30);
  expect(code).toBe(0);
});

test('--annotate writes each frame with its box and a legible name', async () => {
  const service = await serviceThat({ onMessage: answerWith(() => ({ ...OK_FACES, width: 160, height: 120, faces: [NAMED] })) });
  const out = join(folder, 'out', 'deep');
  const { code } = await onlooker([
    'send',
    join(folder, 'album'),
    join(folder, 'film.mp4'),
    '--limit',
    '5',
    '--annotate',
    out,
    '--url',
    service.url,
  ]);
  expect((await readdir(out)).sort()).toEqual(['10.jpg', '9.jpg', 'b.jpg', 'film-000000.jpg', 'film-000001.jpg']);
  const { data, info } = await sharp(join(out, '10.jpg')).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([160, 120]);
  const pixels = Array.from(
    { length: info.width * info.height },
    (_, i) => [data[3 * i] ?? 0, data[3 * i + 1] ?? 0, data[3 * i + 2] ?? 0] as const,
  );
  const rowsWith = (isSuch: (pixel: readonly [number, number, number]) => boolean) => [
    ...new Set(pixels.flatMap((pixel, i) => (isSuch(pixel) ? [Math.floor(i / 160)] : []))),
  ];
  // Green from the plate above the box down to its lower edge; white glyphs within the plate alone.
  const green = rowsWith(([r, g, b]) => g > r + 40 && g > b + 20);
  expect(Math.min(...green)).toBeLessThan(20);
  expect(Math.max(...green)).toBeGreaterThanOrEqual(73);
  const white = rowsWith((pixel) => pixel.every((value) => value > 200));
  expect(white.filter((row) => row < 28).length).toBeGreaterThanOrEqual(6);
  expect(code).toBe(0);
});

test('a frame that the service refuses is told, the others go on, and the exit code is 1', async () => {
  const refused = { status: 'error', code: 'BAD_IMAGE', message: 'the image is truncated' };
  const service = await serviceThat({ onMessage: answerWith((frame) => (frame.seq === 1 ? refused : OK_FACES)) });
  const { code, stdout, stderr } = await onlooker(['send', join(folder, 'album'), '--url', service.url]);
  expect(stdout.split('\n')[2]).toMatch(/^10\.png +BAD_IMAGE: the image is truncated$/);
  expect(stderr).toContain('3 frames: 2 ok, 1 refused');
  expect(code).toBe(1);
});

test('a file that is neither image nor video is told, the others go on, and the exit code is 1', async () => {
  const service = await serviceThat();
  const { code, stderr } = await onlooker([
    'send',
    join(folder, 'album', 'notes.txt'),
    join(folder, 'album', '10.png'),
    '--url',
    service.url,
  ]);
  expect(stderr).toContain(
    'onlooker: notes.txt: neither an image nor a video that ffmpeg can read (Invalid data found when processing input)\n',
  );
  expect(stderr).toContain('1 frame: 1 ok, 1 unreadable');
  expect(code).toBe(1);
});

test("an image over the service's limit is refused by its code without being sent", async () => {
  const service = await serviceThat({ hello: { limits: { max_frame_bytes: 50, max_pixels: 1, max_streams: 1 } } });
  const { code, stdout, stderr } = await onlooker(['send', join(folder, 'album', '10.png'), '--url', service.url]);
  expect(stdout).toMatch(/10\.png +TOO_LARGE: the image has \d+ bytes, the service takes 50\n/);
  expect(stderr).toContain('1 frame: 0 ok, 1 refused');
  expect([code, service.frames()]).toEqual([1, []]);
});

test('a missing ffmpeg is named with the command that installs it', async () => {
  const service = await serviceThat();
  const { code, stderr } = await onlooker(['send', join(folder, 'film.mp4'), '--url', service.url], { PATH: '/nonexistent' });
  expect(stderr).toMatch(/^onlooker: ffmpeg is needed to read videos and is not installed: see https/);
  expect(code).toBe(1);
});

test.each([
  [
    'no service',
    ['send', 'ALBUM', '--url', 'http://127.0.0.1:1'],
    3,
    /^onlooker: No service at http:\/\/127\.0\.0\.1:1: start one with `onlooker serve`.*\n$/,
  ],
  ['no such file', ['send', '/nowhere.jpg'], 1, /^onlooker: there is no file or folder \/nowhere\.jpg\n$/],
  ['no file at all', ['send'], 2, /missing required argument 'paths'/],
  ['an unknown task', ['send', 'ALBUM', '--task', 'dance'], 2, /Allowed choices are faces, detect, embed, classify/],
  ['a region outside the frame', ['send', 'ALBUM', '--region', '0.5,0,0.6,1'], 2, /must be x,y,w,h in 0..1/],
  ['a wrong address', ['send', 'ALBUM', '--url', 'localhost:8080'], 2, /must be an address/],
  ['an unknown command', ['sned'], 2, /unknown command 'sned'/],
])('%s: one clear line and its exit code', async (_what, args, expected, message) => {
  const { code, stderr, stdout } = await onlooker(args.map((arg) => (arg === 'ALBUM' ? join(folder, 'album') : arg)));
  expect(stderr).toMatch(message);
  expect(stdout).toBe('');
  expect(code).toBe(expected);
});

test('a service that dies for good in the middle ends the command with code 3', async () => {
  const service = await serviceThat({
    onMessage(message) {
      if (message.t !== 'frame' || Number(message.seq) < 5) return;
      void service.close();
      return true;
    },
  });
  const { code, stderr, stdout } = await onlooker(['send', join(folder, 'film.mp4'), '--json', '--url', service.url]);
  expect(stdout).toContain('"status":"lost"');
  expect(stderr).toContain('trying again');
  expect(code).toBe(3);
});

test('when the reader of the pipe has gone the program ends quietly and closes its stream', async () => {
  const service = await serviceThat({
    onMessage: answerWith(() => ({ ...OK_FACES, faces: Array.from({ length: 40 }, () => NAMED) })),
  });
  const child = start(['send', join(folder, 'film.mp4'), '--url', service.url]);
  child.stdout.once('data', () => child.stdout.destroy());
  const { code, stderr } = await finished(child);
  expect(stderr).not.toContain('EPIPE');
  expect(code).toBe(0);
  expect(service.received.at(-1)).toMatchObject({ t: 'close' });
});

test('Ctrl-C closes the stream in good order', async () => {
  const service = await serviceThat({
    onMessage(message, connection) {
      if (message.t !== 'frame') return;
      setTimeout(() => connection.answer(message), 50);
      return true;
    },
  });
  const child = start(['send', join(folder, 'film.mp4'), '--url', service.url]);
  const end = finished(child);
  await until(() => service.frames().length > 2);
  child.kill('SIGINT');
  const { code, stderr } = await end;
  expect(code).toBe(130);
  expect(stderr).toMatch(/^\d+ frames: \d+ ok/);
  expect(service.received.at(-1)).toMatchObject({ t: 'close' });
});

test('--help, --version and send load no native library: neither sockets, nor models, nor images', async () => {
  const preload = join(folder, 'tell-natives.cjs');
  await writeFile(
    preload,
    `const load = process.dlopen;
     process.dlopen = (module, file, ...rest) => (process.stderr.write('loads ' + file), load.call(process, module, file, ...rest));`,
  );
  const env = { NODE_OPTIONS: `--require ${preload}` };
  const help = await onlooker(['--help'], env);
  expect(help.stdout).toMatch(/serve[\s\S]*send[\s\S]*enroll[\s\S]*people[\s\S]*models[\s\S]*config/);
  expect([help.code, help.stderr]).toEqual([0, '']);
  const version = await onlooker(['--version'], env);
  expect([version.code, version.stdout, version.stderr]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/), '']);
  expect((await onlooker(['help', 'send'], env)).stdout).toContain('--annotate <dir>');
  const service = await serviceThat();
  const sent = await onlooker(['send', join(folder, 'album', '10.png'), '--url', service.url], env);
  expect([sent.code, sent.stderr.includes('loads')]).toEqual([0, false]);
});

test('no command at all shows the help and is wrong usage', async () => {
  const { code, stderr } = await onlooker([]);
  expect(stderr).toContain('Usage: onlooker');
  expect(code).toBe(2);
});
