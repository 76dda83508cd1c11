// Tokens of a real identity provider: which are let in as whom, and that nothing that is wrong with one is overlooked.
import { createPublicKey } from 'node:crypto';
import { exportSPKI, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bearer } from './support/keyed-service.js';
import { rawRequest, type RawAnswer } from './support/raw-http.js';
import { failingStart, startService, until, type RunningService } from './support/service.js';
import { Socket, upgradeStatus } from './support/socket.js';
import { AUDIENCE, TestIssuer, type TokenWishes } from './support/test-issuer.js';

let issuer: TestIssuer;
let service: RunningService;
/** Everything that was shown, none of which may be in the log. */
const shown: string[] = [];

beforeAll(async () => {
  issuer = await TestIssuer.start();
  service = await startService({
    // More wrong tokens are shown than anybody should.
    ONLOOKER_WRONG_KEYS_PER_MINUTE: '0',
    ONLOOKER_HOST: '0.0.0.0',
    ONLOOKER_OIDC_ISSUER: issuer.url,
    ONLOOKER_OIDC_AUDIENCE: `other ${AUDIENCE}`,
  });
});
afterAll(async () => {
  for (const token of shown.filter(({ length }) => length > 40)) expect(service.log).not.toContain(token);
  await service.stop();
  await issuer.goAway();
});

const get = (path: string, token: string, port = service.port): Promise<RawAnswer> => {
  shown.push(token);
  return rawRequest(port, { path, headers: bearer(token) });
};
const messageOf = ({ body }: RawAnswer): string => (JSON.parse(body) as { error: { message: string } }).error.message;
const inS = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

describe('a good token', () => {
  test('opens what its roles may, and no more', async () => {
    const viewer = await issuer.sign();
    expect((await get('/v1/people', viewer)).status).toBe(200);
    expect((await get('/v1/config', viewer)).status).toBe(403);
    expect((await get('/v1/config', await issuer.sign({ claims: { roles: ['admin'] } }))).status).toBe(200);
    expect((await rawRequest(service.port, { path: '/v1/people' })).status).toBe(401);
  });

  test('as the provider itself gives it to a program', async () => {
    const token = await issuer.machineToken();
    expect((await get('/v1/people', token)).status).toBe(403);
    expect(JSON.parse((await get('/v1/session', token)).body)).toMatchObject({ principal: { kind: 'token', roles: ['ingest'] } });
  });

  test('of either algorithm, and of either type', async () => {
    for (const wishes of [
      { alg: 'ES256' },
      { header: { typ: 'JWT' } },
      { header: { typ: 'application/at+jwt' } },
      { header: { typ: undefined } },
    ]) {
      expect((await get('/v1/people', await issuer.sign(wishes))).status).toBe(200);
    }
    expect((await get('/v1/people', await issuer.sign({ claims: { aud: ['x', AUDIENCE] } }))).status).toBe(200);
  });

  test('as long as those with many claims are', async () => {
    const groups = Array.from({ length: 120 }, () => crypto.randomUUID());
    const token = await issuer.sign({ claims: { groups } });
    expect(token.length).toBeGreaterThan(6000);
    expect((await get('/v1/people', token)).status).toBe(200);
    expect(await upgradeStatus(service.wsUrl, {}, [`bearer.${token}`, 'onlooker.v1.json'])).toBe(101);
  });

  test('says who one is, with a name and not with an id', async () => {
    const token = await issuer.sign({ claims: { sub: 'somebody-7', name: 'Some Body', roles: ['viewer', 'unknown', 'ingest'] } });
    const { body } = await get('/v1/session', token);
    expect(JSON.parse(body)).toEqual({
      authentication: { required: true, oidc: false, identity_provider: 'reachable' },
      principal: { kind: 'token', name: 'Some Body', roles: ['ingest', 'viewer'], streams: ['*'] },
    });
    expect(service.log).not.toContain('Some Body');
    expect(service.log).not.toContain('somebody-7');
  });

  test('opens the WebSocket, by header and by subprotocol, until it runs out', async () => {
    expect(await upgradeStatus(`${service.wsUrl}?stream=a`, bearer(await issuer.machineToken()), [])).toBe(101);
    const brief = await issuer.sign({ claims: { roles: ['ingest'], exp: inS(6) } });
    const socket = await Socket.connect(`${service.wsUrl}?stream=b`, [`bearer.${brief}`, 'onlooker.v1.json']);
    await socket.until('opened');
    expect(await socket.closed).toMatchObject({ code: 4401 });
    expect((await get('/v1/people', brief)).status).toBe(401);
  });

  test('reads the body of a request that came while it was looked at', async () => {
    const token = await issuer.sign({ claims: { roles: ['enroller'], jti: 'body' } });
    const { status } = await rawRequest(service.port, {
      method: 'POST',
      path: '/v1/people',
      headers: { ...bearer(token), 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Somebody' }),
    });
    expect(status).toBe(201);
  });

  test('begins a session that lasts no longer, and a ticket that does not either', async () => {
    const json = { 'content-type': 'application/json' };
    const token = await issuer.sign({ claims: { exp: inS(8) } });
    const signedIn = await rawRequest(service.port, {
      method: 'POST',
      path: '/v1/session',
      headers: json,
      body: JSON.stringify({ key: token }),
    });
    expect(signedIn.headers['set-cookie']).toMatch(/Max-Age=[0-8];/);
    const cookie = signedIn.headers['set-cookie']?.split(';', 1)[0] ?? '';
    const asked = await rawRequest(service.port, {
      method: 'POST',
      path: '/v1/tickets',
      headers: { ...json, cookie },
      body: '{}',
    });
    const renewed = await rawRequest(service.port, { method: 'POST', path: '/v1/session', headers: json, body: asked.body });
    expect(renewed.headers['set-cookie']).toMatch(/Max-Age=[0-8];/);
    const late = renewed.headers['set-cookie']?.split(';', 1)[0] ?? '';
    await until(
      async () => (await rawRequest(service.port, { path: '/v1/people', headers: { cookie: late } })).status === 401 || undefined,
    );
  });
});

describe('a token that is wrong', () => {
  const WRONG: readonly (readonly [string, RegExp, () => TokenWishes | Promise<TokenWishes>])[] = [
    ['run out', /run out/, () => ({ claims: { exp: inS(-1) } })],
    ['of yesterday', /run out/, () => ({ claims: { exp: inS(-86_400) } })],
    ['without an end', /exp/, () => ({ claims: { exp: undefined } })],
    ['with an end that is no number', /exp/, () => ({ claims: { exp: '99999999999' } })],
    ['not valid yet', /not valid yet/, () => ({ claims: { nbf: inS(60) } })],
    ['made in the future', /not valid yet/, () => ({ claims: { iat: inS(600) } })],
    ['for another audience', /audience/, () => ({ claims: { aud: 'somebody-else' } })],
    ['for an audience that ours is part of', /audience/, () => ({ claims: { aud: `${AUDIENCE}x` } })],
    ['for nobody', /aud/, () => ({ claims: { aud: undefined } })],
    ['for an empty list', /audience/, () => ({ claims: { aud: [] } })],
    ['of another issuer', /issuer/, () => ({ claims: { iss: 'https://issuer.example' } })],
    ['of our issuer, written otherwise', /issuer/, () => ({ claims: { iss: `${issuer.url}/` } })],
    ['of no issuer', /iss/, () => ({ claims: { iss: undefined } })],
    ['about nobody', /sub/, () => ({ claims: { sub: undefined } })],
    ['about an empty name', /nobody/, () => ({ claims: { sub: '' } })],
    ['about a number', /nobody/, () => ({ claims: { sub: 7 } })],
    ['signed with a stranger’s key', /signature/, async () => ({ key: (await generateKeyPair('RS256')).privateKey })],
    ['of an unknown key', /key is unknown/, () => ({ header: { kid: 'unknown' } })],
    ['of a key for another algorithm', /key is unknown/, () => ({ header: { kid: issuer.keyFor('ES256').kid } })],
    ['signed with HMAC', /algorithm/, () => ({ alg: 'HS256', key: new Uint8Array(32) })],
    [
      'signed with HMAC and the public key as text',
      /algorithm/,
      async () => ({ alg: 'HS256', key: new TextEncoder().encode(await exportSPKI(issuer.keyFor('RS256').publicKey)) }),
    ],
    [
      'signed with HMAC and the public key’s bytes',
      /algorithm/,
      async () => ({
        alg: 'HS256',
        key: new Uint8Array(
          createPublicKey(await exportSPKI(issuer.keyFor('RS256').publicKey)).export({ type: 'spki', format: 'der' }),
        ),
      }),
    ],
    ['of the type of a logout', /another kind/, () => ({ header: { typ: 'logout+jwt' } })],
    ['of the type of an event', /another kind/, () => ({ header: { typ: 'secevent+jwt' } })],
    ['bound to its holder', /bound/, () => ({ claims: { cnf: { jkt: 'x' } } })],
  ];
  test.each(WRONG)('%s', async (_, reason, wishes) => {
    const answer = await get('/v1/people', await issuer.sign(await wishes()));
    expect(answer.status).toBe(401);
    expect(messageOf(answer)).toMatch(reason);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
  });

  test('in any of its letters, or cut anywhere', async () => {
    const good = await issuer.sign();
    const [header = '', payload = '', signature = ''] = good.split('.');
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iss: issuer.url, aud: AUDIENCE, sub: 'x', exp: inS(300), roles: ['admin'] };
    const every = <T>(text: string, step: number, make: (at: number) => T): T[] =>
      Array.from({ length: Math.floor(text.length / step) }, (_, index) => make(index * step));
    const tokens = [
      // Not the last letter, of which some bits mean nothing.
      ...every(good.slice(0, -1), 7, (at) => good.slice(0, at) + (good[at] === 'A' ? 'B' : 'A') + good.slice(at + 1)),
      ...every(good, 11, (at) => good.slice(0, at)),
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}..${signature}`,
      `.${payload}.${signature}`,
      `${good}.${signature}`,
      `${header}.${part(claims)}.${signature}`,
      `${part({ alg: 'none' })}.${payload}.`,
      `${part({ alg: 'none' })}.${part(claims)}.`,
      `${part({ alg: 'none', typ: 'at+jwt' })}.${part(claims)}.${signature}`,
      `${part({ alg: 'None' })}.${part(claims)}.x`,
      `${part({ alg: 'NONE', kid: issuer.keyFor('RS256').kid })}.${part(claims)}.x`,
      `${part({ alg: '', kid: issuer.keyFor('RS256').kid })}.${part(claims)}.x`,
      `${part({ kid: issuer.keyFor('RS256').kid })}.${part(claims)}.${signature}`,
      `${part({ alg: 'RS256', kid: issuer.keyFor('RS256').kid, crit: ['x'], x: 1 })}.${payload}.${signature}`,
      `${part({ alg: 'RS256', kid: issuer.keyFor('RS256').kid, b64: false, crit: ['b64'] })}.${payload}.${signature}`,
      `${part({ alg: 'RS256', kid: issuer.keyFor('RS256').kid, jwk: { kty: 'RSA', n: 'x', e: 'AQAB' } })}.${payload}.${signature}`,
      `${part({ alg: 'RS256', kid: issuer.keyFor('RS256').kid, jku: 'http://127.0.0.1:1/' })}.${payload}.${signature}`,
      `${part({ alg: 'RS256', kid: ['x'] })}.${payload}.${signature}`,
      `${part({ alg: ['RS256'] })}.${payload}.${signature}`,
      `${part([])}.${payload}.${signature}`,
      `${header}.${part([])}.${signature}`,
      `${header}.bnVsbA.${signature}`,
      `${header}.${payload}.${'A'.repeat(342)}`,
      `${header}.${payload}.${'A'.repeat(2000)}`,
      'eyJ.eyJ.x',
      'a.b.c',
      '-._._',
    ];
    for (const token of tokens)
      expect({ token, status: (await get('/v1/people', token)).status }).toEqual({ token, status: 401 });
    expect((await get('/v1/people', good)).status).toBe(200);
  });

  test('that gives no role here is told so', async () => {
    for (const roles of [undefined, [], 'none', ['Admin', 'ADMIN', ' admin'], { admin: true }, [['admin']], 7, null, true]) {
      expect({ roles, status: (await get('/v1/people', await issuer.sign({ claims: { roles } }))).status }).toEqual({
        roles,
        status: 403,
      });
    }
    expect((await get('/v1/people', await issuer.sign({ claims: { roles: undefined, scope: 'admin' } }))).status).toBe(403);
  });

  test('opens no connection', async () => {
    const late = await issuer.sign({ claims: { exp: inS(-1) } });
    expect(await upgradeStatus(service.wsUrl, bearer(late), [])).toBe(401);
    expect(await upgradeStatus(service.wsUrl, {}, [`bearer.${late}`, 'onlooker.v1.json'])).toBe(401);
    expect(await upgradeStatus(service.wsUrl, bearer(await issuer.sign({ claims: { roles: [] } })), [])).toBe(403);
  });
});

describe('the keys of the provider', () => {
  test('are fetched again when it has new ones, and the old ones open nothing more', async () => {
    const old = await issuer.sign({ claims: { jti: 'before' } });
    await issuer.rotate();
    const fresh = await issuer.sign();
    // At once, but for the tests before it that had keys fetched for nothing.
    await until(async () => (await get('/v1/people', fresh)).status === 200 || undefined);
    expect((await get('/v1/people', old)).status).toBe(401);
  });

  test('are not fetched for every token whose key is made up', async () => {
    const before = issuer.keyFetches;
    const tokens = await Promise.all(Array.from({ length: 50 }, (_, at) => issuer.sign({ header: { kid: `made-up-${at}` } })));
    for (const token of tokens) expect((await get('/v1/people', token)).status).toBe(401);
    expect(issuer.keyFetches - before).toBeLessThan(25);
  });

  test('stay in force while it is away; what cannot be known then is no fault of the token', async () => {
    await issuer.goAway();
    expect((await get('/v1/people', await issuer.sign({ claims: { jti: 'away' } }))).status).toBe(200);
    expect((await get('/v1/people', await issuer.sign({ claims: { exp: inS(-1) } }))).status).toBe(401);
    await issuer.comeBack();
  });
});

describe('a provider that is away at the start', () => {
  test('keeps the service from nothing but knowing its tokens, and is told of in one line', async () => {
    await issuer.goAway();
    const early = await startService({ ONLOOKER_OIDC_ISSUER: issuer.url, ONLOOKER_OIDC_AUDIENCE: AUDIENCE });
    try {
      const session = async (): Promise<string | undefined> => {
        const { body } = await rawRequest(early.port, { path: '/v1/session' });
        return (JSON.parse(body) as { authentication: { identity_provider?: string } }).authentication.identity_provider;
      };
      await until(async () => (await session()) === 'unreachable' || undefined);
      const token = await issuer.sign();
      const answer = await get('/v1/people', token, early.port);
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toMatch(/^\d+$/);
      for (let attempt = 0; attempt < 5; attempt++) await get('/v1/people', token, early.port);
      expect(early.log.match(/identity provider cannot be asked/g)).toHaveLength(1);
      await issuer.comeBack();
      await until(async () => ((await get('/v1/people', token, early.port)).status === 200 ? true : undefined));
      expect(await session()).toBe('reachable');
      expect(early.log).toMatch(/identity provider answers again/);
    } finally {
      await early.stop();
    }
  });
});

describe('claims as other providers have them', () => {
  test('roles by a path, under other names, for streams that are listed', async () => {
    const other = await startService({
      ONLOOKER_OIDC_ISSUER: issuer.url,
      ONLOOKER_OIDC_AUDIENCE: AUDIENCE,
      ONLOOKER_OIDC_ROLE_CLAIM: 'https://onlooker.example/claims.of.me.roles',
      ONLOOKER_OIDC_ROLES: 'Camera Staff=viewer, /staff/doors=ingest, cn=boss=admin',
      ONLOOKER_OIDC_STREAM_CLAIM: 'streams',
      ONLOOKER_OIDC_NAME_CLAIM: 'nick.name',
    });
    const principal = async (claims: Record<string, unknown>): Promise<unknown> => {
      const { status, body } = await get(
        '/v1/session',
        await issuer.sign({ claims: { roles: ['admin'], ...claims } }),
        other.port,
      );
      return status === 200 ? (JSON.parse(body) as { principal: unknown }).principal : status;
    };
    const of = (roles: unknown): Record<string, unknown> => ({ 'https://onlooker.example/claims.of': { me: { roles } } });
    try {
      expect(
        await principal({ ...of(['Camera Staff', '/staff/doors']), streams: ['door-*', 'no space'], nick: { name: 'Nick' } }),
      ).toEqual({
        kind: 'token',
        name: 'Nick',
        roles: ['ingest', 'viewer'],
        streams: ['door-*'],
      });
      expect(await principal({ ...of('Camera Staff'), streams: 'a b-*', preferred_username: 'nick' })).toMatchObject({
        name: 'nick',
        streams: ['a', 'b-*'],
      });
      expect(await principal(of(['Camera Staff']))).toMatchObject({ roles: ['viewer'], streams: [] });
      expect(await principal(of(['cn=boss']))).toMatchObject({ roles: ['admin'], streams: ['*'] });
      expect(await principal({ 'https://onlooker.example/claims.of.me.roles': ['cn=boss'] })).toMatchObject({ roles: ['admin'] });
      for (const roles of [['admin'], ['Camera'], 'Camera Staffx', ['viewer']]) expect(await principal(of(roles))).toBe(403);
    } finally {
      await other.stop();
    }
  });
});

test.each([
  [{ ONLOOKER_OIDC_AUDIENCE: 'x' }, /ONLOOKER_OIDC_AUDIENCE needs ONLOOKER_OIDC_ISSUER/],
  [{ ONLOOKER_OIDC_ISSUER: 'https://issuer.example' }, /ONLOOKER_OIDC_ISSUER needs ONLOOKER_OIDC_AUDIENCE/],
  [
    { ONLOOKER_OIDC_ISSUER: 'http://issuer.example', ONLOOKER_OIDC_AUDIENCE: 'x' },
    /ONLOOKER_OIDC_ISSUER must be an https address/,
  ],
  [{ ONLOOKER_OIDC_ISSUER: 'issuer.example', ONLOOKER_OIDC_AUDIENCE: 'x' }, /ONLOOKER_OIDC_ISSUER must be an https address/],
  [{ ONLOOKER_OIDC_ROLES: 'staff=boss' }, /ONLOOKER_OIDC_ROLES must be pairs/],
  [{ ONLOOKER_OIDC_SCOPES: 'profile' }, /ONLOOKER_OIDC_SCOPES must be scopes/],
  [{ ONLOOKER_OIDC_CLIENT_SECRET: 'with a space' }, /ONLOOKER_OIDC_CLIENT_SECRET must be (?!.*with a space)/],
])('a start with %j ends in one line that says what is missing', async (env, message) => {
  const { code, stderr } = await failingStart(env);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(message);
});
