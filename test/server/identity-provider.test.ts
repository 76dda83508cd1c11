// What is kept of an identity provider, for how long, and which answers of it are believed.
import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { IdentityProvider } from '../../server/access/oidc/identity-provider.js';
import { TestIssuer } from './support/test-issuer.js';
import { until } from './support/service.js';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function providerAt(issuer: string): { provider: IdentityProvider; clock: { nowMs: number }; told: string[] } {
  const clock = { nowMs: 0 };
  const told: string[] = [];
  const tell = (facts: unknown, text?: string): void => void told.push(`${text ?? ''} ${JSON.stringify(facts)}`);
  const provider = new IdentityProvider({ issuer, log: { info: tell, warn: tell }, nowMs: () => clock.nowMs });
  closing.push(() => provider.close());
  return { provider, clock, told };
}

const TOKEN = { payload: '', signature: '' };
const HOUR_MS = 3_600_000;

test('known keys stay in force for a day without the provider, and not for longer', async () => {
  const issuer = await TestIssuer.start();
  const { provider, clock } = providerAt(issuer.url);
  const { kid, alg } = issuer.keyFor('RS256');
  await provider.keyFor({ kid, alg }, TOKEN);
  await issuer.goAway();
  clock.nowMs = 23 * HOUR_MS;
  await expect(provider.keyFor({ kid, alg }, TOKEN)).resolves.toMatchObject({ type: 'public' });
  clock.nowMs = 25 * HOUR_MS;
  await expect(provider.keyFor({ kid, alg }, TOKEN)).rejects.toMatchObject({ code: 'OVERLOADED' });
  await issuer.comeBack();
  clock.nowMs += HOUR_MS;
  await expect(provider.keyFor({ kid, alg }, TOKEN)).resolves.toMatchObject({ type: 'public' });
  await issuer.goAway();
});

test('unknown keys have the known ones fetched a few times, and again only after a while', async () => {
  const issuer = await TestIssuer.start();
  closing.push(() => issuer.goAway());
  const { provider, clock } = providerAt(issuer.url);
  const askForUnknown = (at: number): Promise<unknown> =>
    provider.keyFor({ kid: `unknown-${at}`, alg: 'RS256' }, TOKEN).catch(() => null);
  await provider.metadata();
  for (let at = 0; at < 100; at++) await askForUnknown(at);
  expect(issuer.keyFetches).toBe(6);
  clock.nowMs = 5000;
  for (let at = 0; at < 100; at++) await askForUnknown(at);
  expect(issuer.keyFetches).toBe(7);
});

describe('an answer is not believed', () => {
  const KEYS = { keys: [] };
  async function reasonWith(
    metadata: (own: string) => object,
    keys: RequestListener = (_, response) => response.end(JSON.stringify(KEYS)),
  ): Promise<string> {
    const server = createServer((request, response) => {
      const own = `http://${request.headers.host ?? ''}`;
      if (request.url?.startsWith('/.well-known/'))
        response.end(JSON.stringify({ issuer: own, jwks_uri: `${own}/keys`, ...metadata(own) }));
      else keys(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))));
    const address = server.address();
    const { provider, told } = providerAt(`http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`);
    const line = await until(() => told[0]);
    expect(provider.isReachable).toBe(false);
    await expect(provider.metadata()).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(told).toHaveLength(1);
    return line;
  }

  test('where it names another issuer', async () => {
    expect(await reasonWith(() => ({ issuer: 'https://issuer.example' }))).toMatch(/calls itself .*issuer\.example/);
    expect(await reasonWith((own) => ({ issuer: `${own}/` }))).toMatch(/calls itself/);
  });
  test('where it leads to an address without TLS', async () => {
    expect(await reasonWith(() => ({ jwks_uri: 'http://issuer.example/keys' }))).toMatch(/without TLS: http:\/\/issuer\.example/);
    expect(await reasonWith(() => ({ token_endpoint: 'ftp://127.0.0.1/' }))).toMatch(/without TLS/);
  });
  test('where keys are missing, no keys, or are redirected', async () => {
    expect(await reasonWith(() => ({ jwks_uri: undefined }))).toMatch(/lacks jwks_uri/);
    expect(
      await reasonWith(
        () => ({}),
        (_, response) => response.end('{}'),
      ),
    ).toMatch(/lacks keys/);
    expect(
      await reasonWith(
        () => ({}),
        (_, response) => response.end('<html>'),
      ),
    ).toMatch(/JSON/);
    expect(
      await reasonWith(
        () => ({}),
        (_, response) => response.writeHead(302, { location: '/elsewhere' }).end(),
      ),
    ).toMatch(/answered 302/);
  });
  test('where it has no end', async () => {
    const endless: RequestListener = (_, response) => {
      const chunk = Buffer.alloc(65_536, ' ');
      const more = (): void => void response.write(chunk, (error) => error ?? setImmediate(more));
      more();
    };
    expect(await reasonWith(() => ({}), endless)).toMatch(/more than 262144 bytes/);
  });
});
