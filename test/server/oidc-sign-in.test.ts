// People who sign in at a real identity provider: the whole code flow as a browser goes it, and everything that may go wrong on the way.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser, hasChromium } from '../browser/support/browser.js';
import { CookieBrowser } from './support/cookie-browser.js';
import { startService, until, type RunningService } from './support/service.js';
import { AUDIENCE, PUBLIC_CLIENT, SECRET, SECRET_CLIENT, TestIssuer } from './support/test-issuer.js';

let issuer: TestIssuer;
let service: RunningService;
let behindProxy: RunningService;
const PREFIX = '/cameras/onlooker';
const CALLBACK = '/v1/session/oidc/callback';

beforeAll(async () => {
  issuer = await TestIssuer.start();
  const env = { ONLOOKER_OIDC_ISSUER: issuer.url, ONLOOKER_OIDC_AUDIENCE: AUDIENCE };
  [service, behindProxy] = await Promise.all([
    startService({ ...env, ONLOOKER_OIDC_CLIENT_ID: PUBLIC_CLIENT }),
    startService({
      ...env,
      ONLOOKER_OIDC_CLIENT_ID: SECRET_CLIENT,
      ONLOOKER_OIDC_CLIENT_SECRET: SECRET,
      ONLOOKER_OIDC_ROLE_CLAIM: 'realm_access.roles',
      ONLOOKER_OIDC_ROLES: 'staff=enroller',
      ONLOOKER_TRUSTED_PROXIES: 'loopback',
      ONLOOKER_ALLOWED_HOSTS: 'home.example',
    }),
  ]);
  await issuer.reshape({ redirectUris: [`${service.url}${CALLBACK}`, `https://home.example${PREFIX}${CALLBACK}`] });
});
afterAll(async () => {
  expect(service.log + behindProxy.log).not.toMatch(/\bAda\b|\bada\b|code=|a-secret:/);
  await Promise.all([service.stop(), behindProxy.stop()]);
  await issuer.goAway();
});

/** From the console to the provider, through its pages, and back. @returns where it ended */
async function signIn(browser: CookieBrowser, login: string): Promise<string> {
  const start = await browser.get(`${service.url}/v1/session/oidc`);
  expect(start.status).toBe(302);
  const there = new URL(start.location);
  expect(there.origin).toBe(issuer.url);
  expect(Object.fromEntries(there.searchParams)).toMatchObject({
    response_type: 'code',
    code_challenge_method: 'S256',
    scope: 'openid profile',
    redirect_uri: `${service.url}${CALLBACK}`,
    state: expect.stringMatching(/^[\w-]{43}$/) as string,
    nonce: expect.stringMatching(/^[\w-]{43}$/) as string,
  });
  return browser.signInAt(start.location, login, service.url);
}

async function session(browser: CookieBrowser): Promise<unknown> {
  const { body } = await browser.get(`${service.url}/v1/session`);
  return (JSON.parse(body) as { principal: unknown }).principal;
}

describe.each(['id_token', 'access_token', 'userinfo'] as const)('with roles in the %s', (rolesIn) => {
  beforeAll(() => issuer.reshape({ rolesIn }));

  test('somebody signs in, is who they are, and signs out', async () => {
    const browser = new CookieBrowser();
    const back = await signIn(browser, 'ada');
    expect(back).toMatch(`${service.url}${CALLBACK}?code=`);
    const done = await browser.get(back);
    expect(done).toMatchObject({ status: 302, location: '/#/' });
    expect(done.cookies.find((cookie) => cookie.startsWith('onlooker_session='))).toMatch(
      /^onlooker_session=[\w-]{43}; Max-Age=43(200|1\d\d); Path=\/; HttpOnly; SameSite=Strict$/,
    );
    expect(await session(browser)).toEqual({ kind: 'session', name: 'Ada', roles: ['viewer'], streams: ['*'] });
    expect((await browser.get(`${service.url}/v1/people`)).status).toBe(200);
    expect((await browser.get(`${service.url}/v1/config`)).status).toBe(403);
    expect((await browser.get(`${service.url}/v1/session`, 'DELETE')).status).toBe(204);
    expect(await session(browser)).toBeNull();
  });

  test('somebody without a role here does not', async () => {
    const browser = new CookieBrowser();
    const done = await browser.get(await signIn(browser, 'mallory'));
    expect(done).toMatchObject({ status: 302, location: '/#/sign-in?error=no_role', cookies: [] });
    expect(await session(browser)).toBeNull();
  });
});

describe('what comes back', () => {
  beforeAll(() => issuer.reshape({ rolesIn: 'id_token' }));
  const failure = async (browser: CookieBrowser, address: string): Promise<string | undefined> => {
    const { status, location, cookies } = await browser.get(address);
    expect({ status, cookies }).toEqual({ status: 302, cookies: [] });
    return /^\/#\/sign-in\?error=(\w+)$/.exec(location)?.[1];
  };

  test('counts once, and in the browser alone that began it', async () => {
    const browser = new CookieBrowser();
    const back = await signIn(browser, 'ada');
    expect(await failure(new CookieBrowser(), back)).toBe('expired');
    const other = new CookieBrowser();
    await signIn(other, 'grace');
    expect(await failure(other, back)).toBe('failed');
    expect((await browser.get(back)).location).toBe('/#/');
    expect(await failure(browser, back)).toBe('expired');
  });

  test.each([
    ['another state', (url: URL) => url.searchParams.set('state', 'x'), 'failed'],
    ['no state', (url: URL) => url.searchParams.delete('state'), 'failed'],
    ['two states', (url: URL) => url.searchParams.append('state', 'x'), 'failed'],
    ['another code', (url: URL) => url.searchParams.set('code', 'x'), 'failed'],
    ['no code', (url: URL) => url.searchParams.delete('code'), 'failed'],
    ['the name of another issuer', (url: URL) => url.searchParams.set('iss', 'https://issuer.example'), 'failed'],
    ['a refusal', (url: URL) => (url.searchParams.delete('code'), url.searchParams.set('error', 'access_denied')), 'denied'],
    ['an error', (url: URL) => (url.searchParams.delete('code'), url.searchParams.set('error', '<script>')), 'failed'],
  ])('with %s signs nobody in', async (_, change, expected) => {
    const browser = new CookieBrowser();
    const url = new URL(await signIn(browser, 'ada'));
    change(url);
    expect(await failure(browser, url.href)).toBe(expected);
    expect(await session(browser)).toBeNull();
  });

  test.each([
    '',
    'x',
    'a.b.c',
    'a.b.c.d.e',
    'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA',
    'x'.repeat(3000),
  ])('with the cookie %j signs nobody in', async (cookie) => {
    const browser = new CookieBrowser();
    const back = await signIn(browser, 'ada');
    browser.set(service.url, 'onlooker_sign_in', cookie);
    expect(await failure(browser, back)).toBe('expired');
  });

  test('while the provider is away says so', async () => {
    const browser = new CookieBrowser();
    const back = await signIn(browser, 'ada');
    await issuer.goAway();
    expect(await failure(browser, back)).toBe('unavailable');
    await issuer.comeBack();
  });
});

test('people are signed in under a prefix and TLS of a proxy, with a secret, by claims as Keycloak has them', async () => {
  await issuer.reshape({ rolesIn: 'id_token' });
  const browser = new CookieBrowser({
    address: `https://home.example${PREFIX}`,
    to: behindProxy.url,
    headers: { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'home.example', 'x-forwarded-prefix': PREFIX },
  });
  const start = await browser.get(`https://home.example${PREFIX}/v1/session/oidc`);
  expect(start.cookies[0]).toMatch(
    new RegExp(`^onlooker_sign_in=[\\w.-]+; Max-Age=600; Path=${PREFIX}${CALLBACK}; HttpOnly; Secure; SameSite=Lax$`),
  );
  const back = await browser.signInAt(start.location, 'ada', 'https://home.example');
  const done = await browser.get(back);
  expect(done.location).toBe(`${PREFIX}/#/`);
  expect(done.cookies[0]).toMatch(/; Path=\/cameras\/onlooker\/; HttpOnly; Secure; SameSite=Strict$/);
  const { body } = await browser.get(`https://home.example${PREFIX}/v1/session`);
  expect(JSON.parse(body)).toMatchObject({
    authentication: { required: true, oidc: true, identity_provider: 'reachable' },
    principal: { name: 'Ada', roles: ['enroller'] },
  });
});

test.skipIf(!hasChromium)('a real browser comes back signed in from the provider’s site', async () => {
  await issuer.reshape({ rolesIn: 'id_token' });
  const browser = await openBrowser();
  try {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${service.url}/#/events`);
    await page.getByRole('link', { name: 'Sign in with the identity provider' }).click();
    await page.locator('input[name=login]').fill('ada');
    await page.locator('input[name=password]').fill('any');
    await page.locator('button[type=submit]').click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.locator('.account', { hasText: 'Ada' }).waitFor();
    // The view that was wanted.
    expect(page.url()).toBe(`${service.url}/#/events`);
    const principal = await until(async () => {
      const told = await page.evaluate(async () => (await (await fetch('/v1/session')).json()) as { principal: unknown });
      return told.principal ?? undefined;
    });
    expect(principal).toMatchObject({ kind: 'session', name: 'Ada', roles: ['viewer'] });
  } finally {
    await browser.close();
  }
});
