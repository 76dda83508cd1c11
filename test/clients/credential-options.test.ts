// Keys, headers and addresses with passwords as a user gives them to the program, and who gets to see them.
import { execFileSync } from 'node:child_process';
import { readdir, readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { finished, onlooker, start } from './program.js';
import { ScriptedDoor } from './scripted-door.js';
import { scriptedCameras } from './scripted-cameras.js';
import { ScriptedService, until, type Message } from './scripted-service.js';

const KEY = `onl_aaaaaaaa_${'k'.repeat(43)}`;
let folder: string;
let door: ScriptedDoor;
let service: ScriptedService;
let cameras: ReturnType<typeof scriptedCameras>;
const held: Message[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-credentials-'));
  await writeFile(join(folder, 'key'), `${KEY}\n`);
  await writeFile(join(folder, 'headers'), `Authorization: Bearer ${KEY}\nX-Proxy: secret\n`);
  await writeFile(join(folder, 'empty'), '\n');
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=d=60:r=25:s=160x120', join(folder, 'film.mp4')]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  door = new ScriptedDoor(KEY);
  cameras = scriptedCameras();
  service = await ScriptedService.start({
    door,
    onRequest: cameras.onRequest,
    onMessage: (message) => message.t === 'frame' && held.push(message) > 0,
  });
});
afterEach(() => service.close());
const list = (args: readonly string[], env: Record<string, string> = {}) =>
  onlooker(['streams', ...args], { ONLOOKER_URL: service.url, ...env });
const file = (name: string) => join(folder, name);

describe('a key is taken', () => {
  test.each([
    ['from --key', () => ['--key', KEY], {}, `Bearer ${KEY}`],
    ['from --key-file', () => ['--key-file', file('key')], {}, `Bearer ${KEY}`],
    ['from ONLOOKER_KEY', () => [], { ONLOOKER_KEY: KEY }, `Bearer ${KEY}`],
    ['from --header', () => ['--header', `Authorization: Bearer ${KEY}`], {}, `Bearer ${KEY}`],
    ['from a file of headers', () => ['-H', `@${file('headers')}`], {}, `Bearer ${KEY}`],
    [
      'from the command line rather than from the environment',
      () => ['--key-file', file('key')],
      { ONLOOKER_KEY: 'wrong' },
      `Bearer ${KEY}`,
    ],
  ])('%s', async (_where, args, env, expected) => {
    expect(await list(args(), env)).toMatchObject({ code: 0 });
    expect(door.visits.map(({ authorization }) => authorization)).toEqual([expected]);
  });

  test('from a file that the environment names', async () => {
    expect(await list([], { ONLOOKER_KEY_FILE: file('key') })).toMatchObject({ code: 0 });
  });

  test('from the address, for HTTP and for the WebSocket', async () => {
    const ONLOOKER_URL = service.url.replace('//', `//me:${KEY}@`);
    expect(await list([], { ONLOOKER_URL })).toMatchObject({ code: 0 });
    const child = start(['streams', 'watch'], { ONLOOKER_URL });
    const end = finished(child);
    await until(() => service.messages('subscribe').length === 1, 'the subscription');
    child.kill('SIGINT');
    expect((await end).code).toBe(130);
  });

  test('from stdin, of which only one thing can come', async () => {
    const child = start(['streams', '--key', '-'], { ONLOOKER_URL: service.url });
    // The pipe stays open: the first line is enough.
    child.stdin.write(`${KEY}\n`);
    expect(await finished(child)).toMatchObject({ code: 0 });
    const two = start(['streams', 'add', 'door', '-', '--key', '-'], { ONLOOKER_URL: service.url });
    two.stdin.write(`${KEY}\nrtsp://camera/1\n`);
    expect(await finished(two)).toMatchObject({ code: 2, stderr: 'onlooker: only one thing can come from stdin\n' });
  });
});

describe('what is refused', () => {
  test('no key: exit code 4 and what to do', async () => {
    const { code, stdout, stderr } = await list([]);
    expect(stderr).toBe(
      `onlooker: ${service.url} refuses this (A key is missing or wrong): give a key of it by --key-file FILE or ONLOOKER_KEY\n`,
    );
    expect([code, stdout]).toEqual([4, '']);
  });

  test('a key without the right to it: exit code 4, on the WebSocket too', async () => {
    door.powerless.add('weak');
    for (const command of [['list'], ['watch']]) {
      const { code, stderr } = await list([...command, '--key', 'weak']);
      expect(stderr).toMatch(
        /refuses this \(The key does not have this right\): give a key that may by --key-file FILE or ONLOOKER_KEY\n$/,
      );
      expect(code).toBe(4);
    }
  });

  test('a key that is revoked while `watch` runs ends it, without another attempt', async () => {
    const child = start(['streams', 'watch'], { ONLOOKER_URL: service.url, ONLOOKER_KEY: KEY });
    const end = finished(child);
    await until(() => service.messages('subscribe').length === 1, 'the subscription');
    for (const { socket } of service.connections) socket.close(4401, 'unauthorized');
    const { code, stderr } = await end;
    expect(stderr).toContain('the key is not valid any more');
    expect([code, service.connections.length]).toEqual([4, 2]);
  });

  test.each([
    ['an address that is none', ['--url', `http://me:${KEY}@host:port`], '--url must be an address'],
    ['a key with a line break', ['--key', `${KEY}\n${KEY}`], 'a key is a text without spaces or line breaks'],
    ['a header without a name', ['-H', KEY], '--header must be "Name: value"'],
    ['two keys', ['--key', KEY, '--key-file', 'x'], 'give either --key or --key-file'],
    ['a service that is not there', ['--url', `http://me:${KEY}@127.0.0.1:1/?token=${KEY}`], 'No service at http://127.0.0.1:1'],
  ])('%s is told without what is secret in it', async (_what, args, message) => {
    const { stdout, stderr } = await list(args);
    expect(stderr).toContain(message);
    expect(stdout + stderr).not.toContain('kkk');
  });

  test.each([
    ['is missing', 'missing', 1, 'the key cannot be read from FILE: there is no such file'],
    ['is below a file', 'key/nested', 1, 'the key cannot be read from FILE: there is no such file'],
    ['is a folder', '.', 1, 'the key cannot be read from FILE: it is a folder'],
    ['is empty', 'empty', 2, 'FILE: there is no key'],
  ])('a key file that %s is named in one line, from an option and from the environment', async (_what, name, code, line) => {
    const told = { code, stdout: '', stderr: `onlooker: ${line.replace('FILE', file(name))}\n` };
    expect(await list(['--key-file', file(name)])).toEqual(told);
    expect(await list([], { ONLOOKER_KEY_FILE: file(name) })).toEqual(told);
  });

  test.skipIf(process.getuid?.() === 0)('a key file that this user may not read is named', async () => {
    await writeFile(file('locked'), KEY, { mode: 0 });
    expect((await list(['--key-file', file('locked')])).stderr).toBe(
      `onlooker: the key cannot be read from ${file('locked')}: this user may not read it\n`,
    );
  });

  test('what never ends is no key file', async () => {
    expect(await list(['--key-file', '/dev/zero'])).toMatchObject({
      code: 1,
      stderr: 'onlooker: the key cannot be read from /dev/zero: it is too large\n',
    });
  });

  test('a key in the place of its file is not repeated', async () => {
    for (const { code, stderr } of [await list(['--key-file', KEY]), await list([], { ONLOOKER_KEY_FILE: KEY })]) {
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^onlooker: [^\n]* not the key itself\n$/)]);
      expect(stderr).not.toContain('kkk');
    }
  });

  test('files of headers and certificates are named in the same way', async () => {
    const headers = await list(['-H', `@${file('missing')}`]);
    expect([headers.code, headers.stderr]).toEqual([
      1,
      `onlooker: the headers cannot be read from ${file('missing')}: there is no such file\n`,
    ]);
    expect((await list(['--ca', file('missing')])).stderr).toContain(`the certificate cannot be read from ${file('missing')}: `);
  });
});

describe.skipIf(process.platform !== 'linux')(
  'nobody else on the machine is shown a secret (where /proc tells what they are shown)',
  () => {
    const shownBy = async (pid: number | string) => (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    async function childrenOf(pid: number): Promise<string[]> {
      const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
      const stats = await Promise.all(
        pids.map(async (one) => [one, await readFile(`/proc/${one}/stat`, 'utf8').catch(() => '')] as const),
      );
      return stats.filter(([, stat]) => / \w (\d+) /.exec(stat)?.[1] === String(pid)).map(([one]) => one);
    }

    test('neither in the list of processes nor in what ffmpeg is given', async () => {
      const url = service.url.replace('//', '//me:hunter2@');
      const secrets = ['--key', KEY, '-H', 'X-One: hunter2', '--header=X-Two: hunter2', '--url', url];
      const child = start(['send', file('film.mp4'), ...secrets], {
        ONLOOKER_KEY: KEY,
        ONLOOKER_URL: url,
        ONLOOKER_KEY_FILE: file('key'),
      });
      const end = finished(child);
      held.length = 0;
      await until(() => held.length > 0, 'a frame');
      const pid = child.pid ?? 0;
      const shown = await shownBy(pid);
      expect(shown).toContain('send');
      expect(shown).not.toMatch(/hunter2|kkk/);
      const children = await childrenOf(pid);
      expect(children.length).toBeGreaterThan(0);
      for (const one of children) {
        const given = (await shownBy(one)) + (await readFile(`/proc/${one}/environ`, 'utf8'));
        expect(given).toContain('film.mp4');
        expect(given).not.toMatch(/hunter2|kkk|ONLOOKER_KEY|ONLOOKER_URL/);
      }
      child.kill('SIGKILL');
      await end;
    });
  },
);
