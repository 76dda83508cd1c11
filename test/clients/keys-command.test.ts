// `onlooker keys` as a user runs it, against scripted keys.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expiry } from '../../clients/commands/keys.js';
import type { KeyRecord } from '../../protocol/keys.js';
import { onlooker } from './program.js';
import { scriptedKeys } from './scripted-keys.js';
import { ScriptedService } from './scripted-service.js';

let service: ScriptedService;
let scripted: ReturnType<typeof scriptedKeys>;

beforeEach(async () => {
  scripted = scriptedKeys();
  service = await ScriptedService.start({ onRequest: scripted.onRequest });
});
afterEach(() => service.close());
const run = (...args: string[]) => onlooker(['keys', ...args], { ONLOOKER_URL: service.url, TZ: 'UTC' });
/** Whose keys they are is said first. */
const OF_SERVICE = () => `keys of the service at ${service.url}\n`;
const FIRST_KEY = `onl_aaaaaaa1_${'s'.repeat(43)}`;

test('add prints the key alone to stdout, and tells on stderr what it may do', async () => {
  const roles = ['--role', 'ingest', '--role', 'viewer', '--role', 'ingest'];
  const { code, stdout, stderr } = await run('add', 'Door camera', ...roles, '--stream', 'door-*', '--stream', 'hall');
  expect([code, stdout]).toEqual([0, `${FIRST_KEY}\n`]);
  expect(stderr).toBe(
    `${OF_SERVICE()}added aaaaaaa1 (Door camera): ingest, viewer on door-*, hall, until it is revoked; this is the key, shown once:\n`,
  );
  expect(scripted.bodies).toEqual([
    { name: 'Door camera', roles: ['ingest', 'viewer'], streams: ['door-*', 'hall'], expires_at: null },
  ]);
});

test('add takes a time, a day and never for the end', async () => {
  const before = Date.now();
  const month = expiry('30d');
  expect(month).toBeGreaterThanOrEqual(before + 30 * 86_400_000);
  expect(month).toBeLessThanOrEqual(Date.now() + 30 * 86_400_000);
  expect([expiry('never'), expiry('2999-12-31T10:00:00Z')]).toEqual([Infinity, Date.UTC(2999, 11, 31, 10)]);
  for (const expires of ['2999-12-31', 'never']) await run('add', 'a', '--role', 'admin', '--expires', expires);
  expect(scripted.bodies.map((body) => body.expires_at)).toEqual([Date.UTC(2999, 11, 31, 23, 59, 59, 999), null]);
});

const record = (id: string, more: Partial<KeyRecord> = {}): KeyRecord => ({
  id,
  name: `key ${id}`,
  roles: ['viewer'],
  streams: ['*'],
  prefix: `onl_${id}`,
  created_at: 1_000,
  expires_at: null,
  last_used_at: null,
  ...more,
});
const give = (...keys: readonly KeyRecord[]) => keys.forEach((key) => scripted.keys.set(key.id, key));

test('list tells what each key may do, when it was used and whether it holds; --json for scripts', async () => {
  expect((await run()).stderr).toBe(`${OF_SERVICE()}there are no keys yet: \`onlooker keys add NAME --role ROLE\`\n`);
  give(
    record('aaaaaaa1', { name: 'door\u001b[31m', roles: ['ingest', 'viewer'], streams: ['door-*', 'hall'], last_used_at: 5_000 }),
    record('aaaaaaa2', { revoked_at: 2_000 }),
    record('aaaaaaa3', { expires_at: 3_000 }),
  );
  const { stdout } = await run('list');
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
    'ID | NAME | ROLES | STREAMS | CREATED | EXPIRES | LAST USED | STATE',
    'aaaaaaa1 | door | ingest,viewer | door-*,hall | 1970-01-01 00:00:01 | never | 1970-01-01 00:00:05 | valid',
    'aaaaaaa2 | key aaaaaaa2 | viewer | * | 1970-01-01 00:00:01 | never | never | revoked',
    'aaaaaaa3 | key aaaaaaa3 | viewer | * | 1970-01-01 00:00:01 | 1970-01-01 00:00:03 | never | expired',
  ]);
  const json = (await run('list', '--json')).stdout.trimEnd().split('\n');
  expect(json.map((line) => JSON.parse(line) as unknown)).toEqual([...scripted.keys.values()]);
});

test('revoke takes several, by id or prefix; a wrong one among them revokes none', async () => {
  give(record('aaaaaaa1'), record('aaaaaaa2'));
  const wrong = await run('revoke', 'aaaaaaa1', FIRST_KEY);
  expect([wrong.code, wrong.stderr]).toEqual([
    1,
    `${OF_SERVICE()}onlooker: there is no key onl_aaaaaaa1: see \`onlooker keys\`\n`,
  ]);
  expect([...scripted.keys.values()].some((key) => key.revoked_at !== undefined)).toBe(false);
  const { stderr } = await run('revoke', 'aaaaaaa1', 'onl_aaaaaaa2');
  expect(stderr).toBe(`${OF_SERVICE()}revoked aaaaaaa1 (key aaaaaaa1)\nrevoked aaaaaaa2 (key aaaaaaa2)\n`);
});

test.each([
  ['no role', ['add', 'a'], /required option '--role <role>' not specified/],
  ['a role that is none', ['add', 'a', '--role', 'boss'], /must be one of ingest, viewer, enroller, admin/],
  ['a pattern that cannot be', ['add', 'a', '--role', 'admin', '--stream', 'a b'], /must be 1 to 64 of/],
  ['an end in the past', ['add', 'a', '--role', 'admin', '--expires', '2020-01-01'], /must be a time to come/],
  ['an end that is none', ['add', 'a', '--role', 'admin', '--expires', 'soon'], /must be a time to come/],
])('%s is wrong usage', async (_what, args, message) => {
  const { code, stdout, stderr } = await run(...args);
  expect(stderr).toMatch(message);
  expect([code, stdout, scripted.bodies]).toEqual([2, '', []]);
});
