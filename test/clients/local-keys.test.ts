// `onlooker keys` on the machine of the service: with no service running, and beside one, which sees the change.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bearer } from '../server/support/keyed-service.js';
import { startService, until } from '../server/support/service.js';
import { onlooker } from './program.js';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'onlooker-local-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));
const keys = (...args: string[]) => onlooker(['keys', ...args], { ONLOOKER_DATA_DIR: dataDir });

test('the first key is made before there is a service, which then asks for it', async () => {
  const added = await keys('add', 'me', '--role', 'admin');
  expect([added.code, added.stdout]).toEqual([0, expect.stringMatching(/^onl_[a-z0-9]{8}_[\w-]{43}\n$/)]);
  const service = await startService({ ONLOOKER_DATA_DIR: dataDir, ONLOOKER_HOST: '0.0.0.0' });
  const ask = async (headers?: Record<string, string>) =>
    (await fetch(`${service.url}/v1/people`, headers && { headers })).status;
  expect(await ask()).toBe(401);
  expect(await ask(bearer(added.stdout.trim()))).toBe(200);
  const second = await keys('add', 'door', '--role', 'viewer');
  await until(async () => ((await ask(bearer(second.stdout.trim()))) === 200 ? true : undefined));
  const [, id = ''] = second.stdout.split('_');
  expect((await keys('revoke', id)).code).toBe(0);
  await until(async () => ((await ask(bearer(second.stdout.trim()))) === 401 ? true : undefined));
  await service.stop();
});

test('whoever makes a first key that is no administrator is told how to get one', async () => {
  const telling = /none here is an administrator's: `onlooker keys add NAME --role admin`\n$/;
  expect((await keys('add', 'door', '--role', 'ingest')).stderr).toMatch(telling);
  expect((await keys('add', 'me', '--role', 'admin')).stderr).not.toMatch(telling);
  expect((await keys('add', 'yard', '--role', 'ingest')).stderr).not.toMatch(telling);
});

test('whose keys they are is said each time', async () => {
  const ofMachine = `keys of this machine, in ${join(dataDir, 'keys.json')}\n`;
  const listed = await keys('list', '--json');
  expect([listed.stdout, listed.stderr]).toEqual(['', ofMachine]);
  const added = await keys('add', 'me', '--role', 'admin');
  expect(added.stderr).toMatch(new RegExp(`^${ofMachine}added `));
  // A key in the environment means a service, which is not there.
  const elsewhere = await onlooker(['keys'], {
    ONLOOKER_DATA_DIR: dataDir,
    ONLOOKER_KEY: added.stdout.trim(),
    ONLOOKER_URL: 'http://me:secret@127.0.0.1:1',
  });
  expect([elsewhere.code, elsewhere.stderr]).toEqual([
    3,
    expect.stringMatching(/^keys of the service at http:\/\/127\.0\.0\.1:1\nonlooker: No service at [^\n]*\n$/),
  ]);
});

test('what is in the way is one line', async () => {
  await writeFile(join(dataDir, 'keys.json'), '{');
  const damaged = await keys('list');
  expect([damaged.code, damaged.stderr]).toEqual([1, expect.stringMatching(/^onlooker: [^\n]*keys\.json[^\n]*\n$/)]);
  const unknown = await onlooker(['keys'], { ONLOOKER_DATA_DIR: dataDir, ONLOOKER_PORT: 'x' });
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringMatching(/^onlooker: ONLOOKER_PORT [^\n]*\n$/)]);
});
