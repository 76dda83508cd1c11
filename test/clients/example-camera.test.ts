// The small camera of docs/clients.md runs as it is written there, with a key of its own.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { startKeyedService, type KeyedService } from '../server/support/keyed-service.js';
import { finished, type Finished } from './program.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
let keyed: KeyedService;
let picture: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-example-camera-'));
  const page = await readFile(join(root, 'docs/clients.md'), 'utf8');
  const [, code = ''] = /### A small camera[\s\S]*?```js\n([\s\S]*?)```/.exec(page) ?? [];
  await writeFile(join(folder, 'camera.mjs'), code);
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  picture = await fixture('audrey.jpg');
  keyed = await startKeyedService();
});
afterAll(async () => {
  await keyed.stop();
  await rm(folder, { recursive: true, force: true });
});

async function runAs(key: string): Promise<Finished> {
  await writeFile(join(folder, 'porch.key'), `${key}\n`);
  return finished(spawn(process.execPath, ['camera.mjs', picture, keyed.service.url, 'porch.key'], { cwd: folder }));
}

test('it is answered with who is seen', async () => {
  const { key } = await keyed.makeKey({ name: 'porch', roles: ['ingest'], streams: ['porch'] });
  expect(await runAs(key)).toEqual({ code: 0, stdout: "ok [ 'unknown' ]\n", stderr: '' });
});

test('it tells why it is not let in', async () => {
  expect(await runAs('onl_wrong')).toMatchObject({ code: 1, stderr: expect.stringContaining('UNAUTHORIZED') as string });
  expect((await runAs(keyed.keys.viewer)).stderr).toContain('comes with one of the roles ingest, admin');
  const { key } = await keyed.makeKey({ name: 'door', roles: ['ingest'], streams: ['door'] });
  expect((await runAs(key)).stderr).toContain('The key is not for streams of that id.');
});
