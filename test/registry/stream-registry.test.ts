import { readFileSync, statSync, writeFileSync, type BigIntStatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { open as openLmdb } from 'lmdb';
import { expect, onTestFinished, test, vi } from 'vitest';
import { StreamRegistry, type StreamRegistryOptions } from '../../pipeline/registry/stream-registry.js';
import { seal } from '../../pipeline/store/sealed-record.js';
import { StoreOpenError } from '../../pipeline/store/store-open-error.js';
import type { NewStream, StreamPatch } from '../../protocol/streams.js';
import { holdsBytes, temporaryDir } from '../tasks/faces/gallery/fixtures.js';

vi.mock('node:fs/promises', { spy: true });

async function openRegistry(dir: string, options: Partial<StreamRegistryOptions> = {}): Promise<StreamRegistry> {
  const registry = await StreamRegistry.open({ dir, ...options });
  onTestFinished(() => registry.close());
  return registry;
}

const URL = 'rtsp://admin:s3cret@192.168.1.9:554/h264?channel=1&password=t0ken';
const SHOWN = 'rtsp://admin:***@192.168.1.9:554/h264?channel=1&password=***';
const door = { id: 'door', url: URL } as const;

test('a stream comes back as it was registered, with its address for the source and without its password to show', async () => {
  const dir = temporaryDir();
  const registry = await openRegistry(dir, { now: () => 5000 });
  const full: NewStream = {
    ...door,
    task: 'detect',
    enabled: false,
    model: 'a/b',
    fps: 12.5,
    region: [0, 0, 0.5, 1],
    min_face: 40,
    top_n: 3,
    detect_every: 2,
    deadline_ms: 500,
    weight: 1.5,
    transport: 'udp',
    loop: true,
    realtime: false,
    width: 640,
    aspect: '16:9',
    rotate: 90,
    flip: 'vertical',
    hwaccel: 'auto',
    motion_gate: true,
    key_frames_only: true,
    thumbnails: true,
  };
  const made = await registry.create(full);
  expect(made).toEqual({ stream: { ...full, url: SHOWN, created_at: 5000, updated_at: 5000 }, url: URL });
  await registry.create({ id: 'a', url: 'media:a.mp4' });
  await registry.close();
  const again = await openRegistry(dir);
  expect(again.get('door')).toEqual(made);
  expect(again.get('a')?.stream).toMatchObject({ url: 'media:a.mp4', task: 'faces', enabled: true });
  expect(again.all().map(({ stream }) => stream.id)).toEqual(['a', 'door']);
  expect(JSON.stringify(again.list({ limit: 10 }).streams.map(({ stream }) => stream))).not.toMatch(/s3cret|t0ken/);
  for (const name of ['streams.mdb', 'streams.mdb-lock']) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
});

test('ids are taken once, their number is bounded, what is malformed is told', async () => {
  const registry = await openRegistry(temporaryDir(), { maxStreams: 2 });
  await registry.create(door);
  await expect(registry.create(door)).rejects.toMatchObject({ code: 'STREAM_EXISTS' });
  const results = await Promise.allSettled([registry.create({ ...door, id: 'b' }), registry.create({ ...door, id: 'c' })]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  await expect(registry.create({ ...door, id: 'd' })).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
  const wrong: Record<string, unknown>[] = [
    { id: 'no spaces' },
    { url: '' },
    { fps: 0 },
    { fps: 61 },
    { task: 'dance' },
    { region: [0, 0, 0, 1] },
    { width: 10 },
    { hwaccel: '-i /etc/passwd' },
    { transport: 'http' },
    { loop: 'yes' },
    { aspect: '16/9' },
    { aspect: '0:0' },
    { aspect: '1:9' },
    { rotate: 45 },
    { rotate: '90' },
    { flip: 'both' },
    { rotat: 90 },
  ];
  for (const fields of wrong) {
    const failing = registry.create({ ...door, id: 'x', ...fields });
    await expect(failing).rejects.toMatchObject({
      code: 'BAD_MESSAGE',
      message: expect.stringContaining(Object.keys(fields)[0] ?? '') as string,
    });
    if ('id' in fields) continue;
    await expect(registry.patch('door', fields as StreamPatch)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  }
  await expect(registry.patch('nobody', {})).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(registry.delete('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(registry.size).toBe(2);
});

test('a patch changes what it names, null puts the default back, and nothing changes where the check refuses', async () => {
  const dir = temporaryDir();
  let clock = 1;
  const registry = await openRegistry(dir, { now: () => clock });
  await registry.create({ ...door, fps: 10, region: [0, 0, 1, 1] });
  clock = 2;
  const refuse = () => {
    throw new Error('no');
  };
  await expect(registry.patch('door', { fps: 1 }, refuse)).rejects.toThrow('no');
  await expect(registry.create({ ...door, id: 'other' }, refuse)).rejects.toThrow('no');
  const patched = await registry.patch('door', { fps: null, enabled: false });
  expect(patched).toEqual({
    stream: { id: 'door', url: SHOWN, task: 'faces', enabled: false, region: [0, 0, 1, 1], created_at: 1, updated_at: 2 },
    url: URL,
  });
  clock = 3;
  expect(await registry.patch('door', {})).toEqual(patched);
  await registry.close();
  const again = await openRegistry(dir);
  expect(again.all()).toEqual([patched]);
});

test.each<[string, string]>([
  [SHOWN, URL],
  ['rtsp://admin:***@192.168.1.9:554/other', 'rtsp://admin:s3cret@192.168.1.9:554/other'],
  ['rtsp://admin:***@192.168.1.9:554/x?password=***', 'rtsp://admin:s3cret@192.168.1.9:554/x?password=t0ken'],
  ['rtsp://admin:***@192.168.1.9:554/x?password=new', 'rtsp://admin:s3cret@192.168.1.9:554/x?password=new'],
  ['rtsp://admin:s3cret@192.168.1.9:554/h264?password=***', 'rtsp://admin:s3cret@192.168.1.9:554/h264?password=t0ken'],
  ['rtsp://admin:new@10.0.0.1/x', 'rtsp://admin:new@10.0.0.1/x'],
])('an address edited as it was shown (%s) keeps what was hidden', async (edited, expected) => {
  const registry = await openRegistry(temporaryDir());
  await registry.create(door);
  expect((await registry.patch('door', { url: edited })).url).toBe(expected);
});

test.each([
  'rtsp://admin:***@evil.example:554/h264',
  'rtsp://admin:***@192.168.1.9:8554/h264',
  'rtsp://admin:***@192.168.1.9/h264',
  'rtsp://root:***@192.168.1.9:554/h264',
  'rtsps://admin:***@192.168.1.9:554/h264',
  'http://admin:***@192.168.1.9:554/h264',
  'rtsp://***@192.168.1.9:554/h264',
  'rtsp://evil.example:554/h264?password=***',
  'rtsp://192.168.1.9:554/h264?password=***',
  'rtsp://admin:***@192.168.1.9:554@evil.example/h264',
  'rtsp://admin:***@192.168.1.9:554/h264?token=***',
  'rtsp://admin:***@192.168.1.9:554/h264?password=***&password=***',
])('a hidden password never goes anywhere else: %s', async (edited) => {
  const registry = await openRegistry(temporaryDir());
  await registry.create(door);
  const failing = registry.patch('door', { url: edited });
  await expect(failing).rejects.toMatchObject({
    code: 'BAD_MESSAGE',
    message: expect.stringMatching(/^url: \*\*\* stands/) as string,
  });
  await expect(registry.create({ id: 'new', url: edited })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  expect(registry.get('door')?.url).toBe(URL);
});

test('an address that was replaced or deleted leaves no byte of its password', async () => {
  const dir = temporaryDir();
  const registry = await openRegistry(dir);
  await registry.create(door);
  await registry.create({ id: 'other', url: 'rtsp://u:0ther@host/' });
  await registry.patch('door', { url: 'rtsp://u:fresh@host/' });
  expect(['s3cret', '0ther', 'fresh'].filter((text) => holdsBytes(dir, Buffer.from(text)))).toEqual(['0ther', 'fresh']);
  await registry.delete('door');
  expect(holdsBytes(dir, Buffer.from('fresh'))).toBe(false);
  expect(registry.all().map(({ url }) => url)).toEqual(['rtsp://u:0ther@host/']);
});

test('pages are by id', async () => {
  const registry = await openRegistry(temporaryDir());
  for (const id of ['c', 'a', 'e', 'b', 'd']) await registry.create({ ...door, id });
  const first = registry.list({ limit: 2 });
  expect([first.streams.map(({ stream }) => stream.id), first.next]).toEqual([['a', 'b'], 'b']);
  const rest = registry.list({ limit: 3, after: 'b' });
  expect([rest.streams.map(({ stream }) => stream.id), rest.next]).toEqual([['c', 'd', 'e'], undefined]);
});

test('on a full disk nothing is changed', async () => {
  const registry = await openRegistry(temporaryDir());
  await registry.create(door);
  vi.mocked(statfs).mockResolvedValue({ bavail: 10, bsize: 4096 } as unknown as BigIntStatsFs);
  await expect(registry.create({ ...door, id: 'b' })).rejects.toMatchObject({ code: 'DISK_FULL' });
  await expect(registry.delete('door')).rejects.toMatchObject({ code: 'DISK_FULL' });
  vi.mocked(statfs).mockReset();
  expect(registry.all().map(({ stream }) => stream.id)).toEqual(['door']);
  await registry.delete('door');
});

async function openErrorOf(dir: string): Promise<string> {
  const error: unknown = await openRegistry(dir).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StoreOpenError);
  const { message } = error as Error;
  expect(message).not.toMatch(/\n|s3cret/);
  return message;
}

async function tamper(dir: string, records: Record<string, Buffer>): Promise<void> {
  const database = openLmdb<Buffer, string>({ path: join(dir, 'streams.mdb'), encoding: 'binary', overlappingSync: false });
  for (const [key, value] of Object.entries(records)) await database.put(key, value);
  await database.close();
}

test('a damaged, foreign or newer store is refused with what to do', async () => {
  const dir = temporaryDir();
  const registry = await openRegistry(dir);
  await registry.create(door);
  await registry.close();
  const good = readFileSync(join(dir, 'streams.mdb'));
  await tamper(dir, { 'stream:door': Buffer.from('nonsense') });
  expect(await openErrorOf(dir)).toMatch(/The list of streams in .* is damaged \(a checksum is wrong\): put back a copy/);
  writeFileSync(join(dir, 'streams.mdb'), good);
  await tamper(dir, { 'stream:x': seal({ id: 'x', url: 'rtsp://h/' }) });
  expect(await openErrorOf(dir)).toMatch(/is damaged \(task: /);
  writeFileSync(join(dir, 'streams.mdb'), good);
  await tamper(dir, { what: seal({}) });
  expect(await openErrorOf(dir)).toMatch(/is damaged \(it holds records under unknown keys\)/);
  writeFileSync(join(dir, 'streams.mdb'), good);
  await tamper(dir, { meta: seal({ schema: 2, more: true }) });
  expect(await openErrorOf(dir)).toMatch(/newer version of Onlooker \(schema 2, this one knows 1\)/);
  writeFileSync(join(dir, 'streams.mdb'), good.subarray(0, 5000));
  expect(await openErrorOf(dir)).toMatch(/is damaged/);
  writeFileSync(join(dir, 'streams.mdb'), Buffer.alloc(20_000, 'no store '));
  expect(await openErrorOf(dir)).toMatch(/is damaged \(it is not an LMDB file\)/);
});

test('a closed registry takes nothing', async () => {
  const registry = await openRegistry(temporaryDir());
  await registry.close();
  await expect(registry.create(door)).rejects.toMatchObject({ code: 'DRAINING' });
});
