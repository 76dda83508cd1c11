// Which of the sessions that a browser shows counts, and which go when there are too many.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { credentialOf, sessionCookieName } from '../../server/access/credentials.js';
import { KeyStore } from '../../server/access/keys/key-store.js';
import type { Principal } from '../../server/access/principal.js';
import type { RequestHead } from '../../server/access/request-head.js';
import { Sessions } from '../../server/access/sessions.js';

async function opened() {
  const dir = await mkdtemp(join(tmpdir(), 'onlooker-sessions-'));
  const keys = await KeyStore.open({ path: join(dir, 'keys.json') });
  const sessions = await Sessions.open(join(dir, 'sessions.json'), keys, null);
  const made = async (name: string): Promise<Principal> => {
    const { key } = await keys.add({ name, roles: ['viewer'], streams: ['*'], expires_at: null });
    const principal = keys.principalOf(key);
    if (principal === null) throw new Error('the key is not known');
    return principal;
  };
  return { sessions, made };
}
const FAR = Date.now() + 3_600_000;

test('a planted cookie neither signs anybody out nor in as somebody else', async () => {
  const { sessions, made } = await opened();
  const [mine, other] = [await made('mine'), await made('other')];
  const [first, second, planted] = [
    await sessions.start(mine, FAR),
    await sessions.start(mine, FAR),
    await sessions.start(other, FAR),
  ];
  const idOf = (...secrets: string[]): string | undefined => sessions.principalOfShown(secrets)?.id;
  expect(idOf('rubbish', first)).toBe(mine.id);
  expect(idOf(first, 'rubbish')).toBe(mine.id);
  expect(idOf(first, second)).toBe(mine.id);
  expect(idOf(planted, first)).toBeUndefined();
  expect(idOf(first, planted)).toBeUndefined();
  await sessions.end([planted]);
  expect(idOf(planted, first)).toBe(mine.id);
  await sessions.end([first, second, 'rubbish']);
  expect(idOf(first, second)).toBeUndefined();
});

test('cookies of one name are all looked at; over TLS at the root only the one that no neighbour can set', () => {
  const shown = (cookie: string, scheme: string, prefix = '') =>
    credentialOf({
      ...{ authorization: '', protocols: '', ticket: '', cookie, scheme, prefix },
    } as unknown as RequestHead);
  const cookie = 'a=1; onlooker_session=one; __Host-onlooker_session=host;onlooker_session=two; onlooker_session=';
  expect(shown(cookie, 'http')).toEqual({ kind: 'session', texts: ['one', 'two'] });
  expect(shown(cookie, 'https')).toEqual({ kind: 'session', texts: ['host'] });
  expect(shown(cookie, 'https', '/onlooker')).toEqual({ kind: 'session', texts: ['one', 'two'] });
  expect(shown('onlooker_session=one', 'https')).toBeNull();
  expect(shown('onlooker_session=', 'http')).toEqual({ kind: 'session', texts: [] });
  expect(sessionCookieName({ scheme: 'https', prefix: '' })).toBe('__Host-onlooker_session');
});

test('sessions begun with tickets push out none of the console, and no more than their like', async () => {
  const { sessions, made } = await opened();
  const mine = await made('mine');
  const console_ = await sessions.start(mine, FAR);
  const ticket: Principal = { ...mine, kind: 'ticket' };
  const narrow: string[] = [];
  for (let begun = 0; begun < 101; begun++) narrow.push(await sessions.start(ticket, FAR));
  expect(sessions.principalOf(console_)).not.toBeNull();
  expect(sessions.principalOf(narrow[0] ?? '')).toBeNull();
  expect(sessions.principalOf(narrow[1] ?? '')).not.toBeNull();
});
