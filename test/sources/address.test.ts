// Which addresses are opened, and how they are shown.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CameraSource } from '../../pipeline/sources/camera-source.js';
import { ffmpegCommand } from '../../pipeline/sources/ffmpeg-command.js';
import { mediaFile, parseAddress, redacted } from '../../pipeline/sources/source-address.js';
import { SOURCE_LIMITS } from '../../pipeline/sources/source-settings.js';

const rules = { mediaDir: '/srv/media', ownPort: 8080 };
const refused = { code: 'BAD_MESSAGE' };

describe('refused', () => {
  test.each([
    'file:///etc/passwd',
    '/etc/passwd',
    'concat:a.mp4|b.mp4',
    'concat:/etc/passwd',
    'rtsp://x -f lavfi',
    'rtsp://x/\n-f lavfi',
    "rtsp://x/a'\noption",
    '-i',
    '-f lavfi -i testsrc',
    'lavfi:testsrc',
    'pipe:0',
    'data:image/jpeg;base64,AAAA',
    'tcp://10.0.0.1:22',
    'udp://10.0.0.1:22',
    'rtsp://admin:12/secret@127.0.0.1:9/s',
    'rtsp://admin:12?secret@127.0.0.1:9/s',
    'rtsp://admin:12#secret@127.0.0.1:9/s',
    'subfile,,start,0,end,9,,:/etc/passwd',
    'crypto:file:///etc/passwd',
    'rtsp:\\\\x\\y',
    'rtsp://',
    'rtsp:///stream',
    'rtsp://-f/stream',
    'rtsp://host:99999/',
    'http://host:0x50000/',
    'media:',
    'media:../secret.mp4',
    'media:a/../../secret.mp4',
    'media:/etc/passwd',
    'media:..\\secret',
    'media:a\u0000b',
    'http://127.0.0.1:8080/v1/streams/a/snapshot.jpg',
    'http://localhost:8080/',
    'http://0x7f000001:8080/',
    'http://2130706433:8080/',
    'http://[::1]:8080/',
    'http://[::ffff:127.0.0.1]:8080/',
    'rtsp://0.0.0.0:8080/',
    `rtsp://host/${'a'.repeat(3000)}`,
  ])('%s', (url) => {
    expect(() => parseAddress(url, rules)).toThrow(expect.objectContaining(refused));
    expect(() => new CameraSource({ id: 'x', url }, { rules, onFrame: () => undefined, onState: () => undefined })).toThrow(
      expect.objectContaining(refused),
    );
  });

  test('an address is never repeated by the error', () => {
    expect(() => parseAddress('rtsp://user:geheim@host :1/', rules)).toThrow(/^(?!.*geheim)/);
  });

  test('every file where there is no media directory', () => {
    expect(() => parseAddress('media:a.mp4', {})).toThrow(expect.objectContaining(refused));
  });
});

test.each([
  ['rtsp://10.0.0.7/stream', 'rtsp://10.0.0.7:554/stream'],
  ['RTSP://Cam.local:8554/h264?channel=1', 'rtsp://cam.local:8554/h264?channel=1'],
  ['rtsps://cam/x', 'rtsps://cam:322/x'],
  ['rtsp://cam:80/x', 'rtsp://cam:80/x'],
  ["http://cam/it's", "http://cam:80/it's"],
  ['https://cam/video', 'https://cam:443/video'],
  ['rtsp://[fe80::1]/x', 'rtsp://[fe80::1]:554/x'],
])('%s is read', (url, expected) => {
  expect(parseAddress(url, rules)).toMatchObject({ url: expected, credentials: null });
});

test.each([
  ['rtsp://user:pa%40ss@cam/stream', { user: 'user', password: 'pa@ss' }],
  ['rtsp://user:pa@ss@cam/stream', { user: 'user', password: 'pa@ss' }],
  ['rtsp://user:100%@cam/stream', { user: 'user', password: '100%' }],
  ['rtsp://jürgen:100%ü%40@cam/stream', { user: 'jürgen', password: '100%ü@' }],
  ['rtsp://user:pa%3A%2F%3F%23%27@cam/stream', { user: 'user', password: "pa:/?#'" }],
  ['rtsp://token@cam/stream', { user: 'token', password: '' }],
])('of %s the credentials are kept apart', (url, credentials) => {
  expect(parseAddress(url, rules)).toMatchObject({ url: 'rtsp://cam:554/stream', credentials });
});

test.each([
  ['rtsp://user:pass@cam/stream', 'rtsp://user:***@cam/stream'],
  ['rtsp://user:pa@ss@cam/stream', 'rtsp://user:***@cam/stream'],
  ['rtsp://user:pa/ss@cam/stream', 'rtsp://user:***@cam/stream'],
  ['rtsp://token@cam/stream', 'rtsp://***@cam/stream'],
  ['rtsp://cam/user=admin&password=pass&channel=1', 'rtsp://cam/user=admin&password=***&channel=1'],
  ['http://cam/mjpeg?usr=a&pwd=pass#x', 'http://cam/mjpeg?usr=a&pwd=***#x'],
  ['rtsp://cam/user=admin_password=secret_channel=1_stream=0.sdp', 'rtsp://cam/user=admin_password=***'],
  ['http://cam/v?loginuse=admin&loginpas=secret', 'http://cam/v?loginuse=admin&loginpas=***'],
  ['http://cam/v?p%61ssword=secret&p=secret', 'http://cam/v?p%61ssword=***&p=***'],
  ['rtsp://admin:12/secret@127.0.0.1:9/s', 'rtsp://admin:***@127.0.0.1:9/s'],
  ['rtsp://admin:12#secret@127.0.0.1:9/s', 'rtsp://admin:***@127.0.0.1:9/s'],
  ['rtsp://cam/stream', 'rtsp://cam/stream'],
])('%s is shown as %s', (url, shown) => {
  expect(redacted(url)).toBe(shown);
});

test('the command line of ffmpeg holds no address, not even that of the relay', () => {
  const options = { limits: SOURCE_LIMITS, hwaccel: null, isPatient: false, silenceMs: null };
  const relayUrl = 'rtsp://127.0.0.1:7/token';
  const command = ffmpegCommand({ kind: 'rtsp', relayUrl }, { id: 'x', url: 'rtsp://user:pass@cam/stream' }, options);
  expect(command.arguments.filter((argument) => /user|pass(?!through)|cam|token|127/.test(argument))).toEqual([]);
  expect(command.stdin).toContain(`file '${relayUrl}'\n`);
});

describe('files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'media-'));
    await mkdir(join(folder, 'media', 'clips'), { recursive: true });
    await writeFile(join(folder, 'outside.mp4'), '');
    await writeFile(join(folder, 'media', 'clips', 'door.mp4'), '');
    await symlink('../outside.mp4', join(folder, 'media', 'link.mp4'));
    await symlink('clips/door.mp4', join(folder, 'media', 'inner.mp4'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const file = (path: string) => mediaFile({ kind: 'media', relativePath: path }, join(folder, 'media'));

  test('inside of the media directory are opened, also through a link', async () => {
    expect(await file('clips/door.mp4')).toMatch(/media\/clips\/door\.mp4$/);
    expect(await file('inner.mp4')).toMatch(/media\/clips\/door\.mp4$/);
  });

  test.each(['link.mp4', 'clips', 'none.mp4', '../outside.mp4'])('%s is refused in the same words', async (path) => {
    await expect(file(path)).rejects.toMatchObject({
      code: 'BAD_MESSAGE',
      message: 'There is no such file in the media directory.',
    });
  });
});
