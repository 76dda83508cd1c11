// Whether somebody who shows nothing gets something.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Authenticator } from '../../server/access/authenticator.js';
import { KeyStore } from '../../server/access/keys/key-store.js';
import { LOCAL } from '../../server/access/principal.js';
import { Sessions } from '../../server/access/sessions.js';
import { Tickets } from '../../server/access/tickets.js';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'onlooker-authenticator-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function authenticator(): Promise<{ keys: KeyStore; asked: Authenticator }> {
  const keys = await KeyStore.open({ path: join(dir, 'keys.json') });
  const sessions = await Sessions.open(join(dir, 'sessions.json'), keys, null);
  return { keys, asked: new Authenticator({ keys, sessions, tickets: new Tickets(), tokens: null, open: false }) };
}

test('a list of keys that is emptied by hand while it runs lets nobody in', async () => {
  const { keys, asked } = await authenticator();
  const { key } = await keys.add({ name: 'only', roles: ['admin'], streams: ['*'], expires_at: null });
  expect(asked.identify(null)).toBeNull();
  await writeFile(join(dir, 'keys.json'), JSON.stringify({ version: 1, keys: [] }));
  await keys.refresh();
  expect(asked.isRequired).toBe(true);
  expect(asked.identify(null)).toBeNull();
  expect(() => asked.identify({ kind: 'bearer', text: key })).toThrow();
});

test('who came before there was a key has to go when one is made', async () => {
  const { keys, asked } = await authenticator();
  const local = await asked.identify(null);
  expect(local?.isValid()).toBe(true);
  await keys.add({ name: 'first', roles: ['admin'], streams: ['*'], expires_at: null });
  expect(local?.isValid()).toBe(false);
  expect(asked.identify(null)).toBeNull();
});

test('whom an identity provider signed in is nobody once there is none', async () => {
  const keys = await KeyStore.open({ path: join(dir, 'keys.json') });
  const path = join(dir, 'sessions.json');
  const before = await Sessions.open(path, keys, 'a provider');
  const cookie = await before.start({ ...LOCAL, id: 'oidc:somebody', kind: 'token' }, Date.now() + 60_000);
  expect(before.principalOf(cookie)).not.toBeNull();
  expect((await Sessions.open(path, keys, 'a provider')).principalOf(cookie)).not.toBeNull();
  expect((await Sessions.open(path, keys, 'another provider')).principalOf(cookie)).toBeNull();
  expect((await Sessions.open(path, keys, null)).principalOf(cookie)).toBeNull();
});

test('a session that was begun under a clock that ran ahead is over when it is set back, and a clock that is a little off ends none', async () => {
  const keys = await KeyStore.open({ path: join(dir, 'keys.json') });
  let nowMs = Date.UTC(2037, 0, 1);
  const sessions = await Sessions.open(join(dir, 'sessions.json'), keys, 'a provider', () => nowMs);
  const cookie = await sessions.start({ ...LOCAL, id: 'oidc:somebody', kind: 'token' }, nowMs + 60_000);
  nowMs -= 3_600_000;
  expect(sessions.principalOf(cookie)).not.toBeNull();
  nowMs = Date.UTC(2026, 0, 1);
  expect(sessions.principalOf(cookie)).toBeNull();
});
