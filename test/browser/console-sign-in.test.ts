// Signing in and out of the console, and what each role is offered, in a real browser against a real service with keys.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createHttpClient } from '../../clients/http-client.js';
import type { Role } from '../../protocol/access.js';
import { fixture } from '../fixtures.js';
import { bearer, startKeyedService, type KeyedService } from '../server/support/keyed-service.js';
import { asBody } from '../server/support/images.js';
import { rawRequest } from '../server/support/raw-http.js';
import { startService, until } from '../server/support/service.js';
import { seriousFaults } from './support/axe.js';
import { hasChromium, openBrowser, openPage, type Opened, type PageOptions } from './support/browser.js';
import { writeFilm } from './support/film.js';
import { screenshots } from './support/screenshot.js';

const PHONE = { widthPx: 360, heightPx: 740 } as const;

describe.skipIf(!hasChromium)('signing in to the console', () => {
  let folder: string;
  let browser: Browser;
  let keyed: KeyedService;
  let opened: Opened | undefined;
  let person: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onlooker-film-'));
    const film = join(folder, 'film.mjpeg');
    await writeFilm(film, await fixture('franck_01829.jpg'));
    browser = await openBrowser({ film });
    keyed = await startKeyedService();
    const { json } = await keyed.ask('POST', '/v1/people', keyed.keys.admin, { name: 'Ada' });
    person = (json as { id: string }).id;
    const http = createHttpClient(keyed.service.url, { key: keyed.keys.admin });
    await http.faces.enrol(person, asBody(await readFile(await fixture('franck_01829.jpg'))));
    await keyed.ask('POST', '/v1/streams', keyed.keys.admin, { id: 'yard', url: 'rtsp://127.0.0.1:9/x', enabled: false });
  });
  afterEach(async () => {
    await opened?.context.close();
    opened = undefined;
  });
  afterAll(async () => {
    await browser.close();
    await keyed.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(address: string, options?: PageOptions): Promise<Page> {
    opened = await openPage(browser, options);
    await opened.page.goto(`${keyed.service.url}/${address}`);
    return opened.page;
  }
  async function signIn(page: Page, key: string): Promise<void> {
    await page.getByLabel('Key', { exact: true }).fill(key);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  }
  /** A page of somebody with these roles, on this view. */
  async function openAs(role: Role, address: string, options?: PageOptions): Promise<Page> {
    const page = await open(address, options);
    await signIn(page, keyed.keys[role]);
    await page.locator('.account').waitFor();
    await page.locator('main h1').waitFor();
    return page;
  }
  const hashOf = (page: Page) => page.evaluate(() => location.hash);
  const ticketOf = async (key: string, fields: object = {}) =>
    ((await keyed.ask('POST', '/v1/tickets', key, fields)).json as { ticket: string }).ticket;

  test('a wrong key is refused with the reason, the right one opens the view that was wanted, by keyboard alone', async () => {
    const page = await open('#/people?search=ad');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute('autocomplete'))).toBe('current-password');
    expect(await page.title()).toBe('Sign in · Onlooker');
    await page.keyboard.type('onl_wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('This key is wrong').waitFor();
    expect(await page.getByText('Ada').count()).toBe(0);

    // As it is when it is copied out of a message.
    await page.getByLabel('Key', { exact: true }).fill(` ${keyed.keys.enroller} `);
    await page.keyboard.press('Enter');
    await page.locator('h1:focus', { hasText: 'People' }).waitFor();
    await page.getByText('Ada').waitFor();
    expect(await hashOf(page)).toBe('#/people?search=ad');
    const account = page.locator('.account');
    expect(await account.innerText()).toMatch(/enroller\s+Enroller/);
    expect(await page.evaluate(() => document.cookie)).toBe('');
  });

  test('a link with a ticket signs in at once, is taken out of address and history, and is good once', async () => {
    const ticket = await ticketOf(keyed.keys.viewer);
    const page = await open(`#/sign-in?ticket=${ticket}`);
    await page.locator('.account').waitFor();
    expect(await hashOf(page)).toBe('#/live');
    expect(await page.evaluate(() => history.length)).toBe(2);
    await page.goBack();
    expect(page.url()).toBe('about:blank');
    await opened?.context.close();

    const again = await open(`#/sign-in?ticket=${ticket}`);
    await again.getByRole('status').getByText('This link was used already').waitFor();
    expect(again.url()).not.toContain(ticket);
  });

  test('a link with a ticket that is opened on a page which is there already signs in too, and its view stays', async () => {
    const page = await open('#/events');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.evaluate((ticket) => (location.hash = `#/sign-in?ticket=${ticket}`), await ticketOf(keyed.keys.viewer));
    await page.locator('h1', { hasText: 'Events' }).waitFor();
    expect(await hashOf(page)).toBe('#/events');
  });

  test('what an identity provider’s way ended with is told, and never a text that a link has chosen', async () => {
    const page = await open('#/sign-in?error=denied');
    await page.getByRole('status').getByText('The identity provider did not let you in').waitFor();
    expect(await hashOf(page)).toBe('#/live');
    for (const error of ['Call+555-0199+to+unlock', '<b>bold</b>']) {
      await page.goto('about:blank');
      await page.goto(`${keyed.service.url}/#/sign-in?error=${encodeURIComponent(error)}`);
      await page.getByRole('status').getByText('did not work').waitFor();
      expect(await page.locator('body').innerText()).not.toMatch(/555|bold/);
    }
  });

  test('the identity provider is offered where there is one, and the view that was wanted is gone on with afterwards', async () => {
    opened = await openPage(browser);
    const { page } = opened;
    await page.route('**/v1/session', (route) =>
      route.fulfill({ json: { authentication: { required: true, oidc: true }, principal: null } }),
    );
    await page.route('**/v1/session/oidc', (route) => route.fulfill({ contentType: 'text/html', body: 'the provider' }));
    await page.goto(`${keyed.service.url}/#/system`);
    await page.getByRole('link', { name: 'Sign in with the identity provider' }).click();
    await page.getByText('the provider').waitFor();
    expect(page.url()).toBe(`${keyed.service.url}/v1/session/oidc`);
    await page.goto(`${keyed.service.url}/#/`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await hashOf(page)).toBe('#/system');
  });

  test('too many attempts and a service out of reach are told, and nothing is sent while the service wants peace', async () => {
    const page = await open('#/live');
    const answer = (status: number) => (route: Parameters<Parameters<Page['route']>[1]>[0]) =>
      route.request().method() === 'POST'
        ? route.fulfill({ status, headers: { 'retry-after': '2' }, json: { error: { code: 'RATE_LIMITED', message: 'x' } } })
        : route.continue();
    await page.route('**/v1/session', answer(429));
    await signIn(page, keyed.keys.viewer);
    await page.getByRole('alert').getByText('The next one is possible in 2').waitFor();
    await page.unroute('**/v1/session');
    await page.route('**/v1/session', (route) => route.abort());
    // It is there again once the time is over.
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').getByText('The service cannot be reached').waitFor();
    await page.unroute('**/v1/session');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.locator('.account').waitFor();
  });

  test('when its key is revoked the sign-in comes without a storm of requests, and the view goes on for the next key', async () => {
    const one = await keyed.makeKey({ name: 'one', roles: ['viewer'] });
    const other = await keyed.makeKey({ name: 'other', roles: ['viewer'] });
    const page = await open('#/streams');
    await signIn(page, one.key);
    await page.locator('h1', { hasText: 'Streams' }).waitFor();
    await page.locator('.feed-live').waitFor();
    let asked = 0;
    page.on('request', () => (asked += 1));
    page.on('websocket', () => (asked += 1));
    await keyed.ask('DELETE', `/v1/keys/${one.id}`, keyed.keys.admin);
    await page.getByRole('status').getByText('You were signed out').waitFor();
    expect(await hashOf(page)).toBe('#/streams');
    asked = 0;
    await page.waitForTimeout(4_000);
    expect(asked).toBe(0);

    await signIn(page, other.key);
    await page.locator('.account', { hasText: 'other' }).waitFor();
    await page.locator('.feed-live').waitFor();
    await page.getByRole('heading', { name: 'yard' }).waitFor();
    expect(await hashOf(page)).toBe('#/streams');
  });

  test('signing out ends the session and what the page had open, here and on other pages of the browser', async () => {
    const page = await openAs('viewer', '#/people');
    await page.getByText('Ada').waitFor();
    await page.locator('.feed-live').waitFor();
    const second = await opened?.context.newPage();
    await second?.goto(`${keyed.service.url}/#/live`);
    await second?.locator('.feed-live').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await second?.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.getByText('Ada').count()).toBe(0);
    expect(await hashOf(page)).toBe('#/people');
    await until(async () => {
      const { body } = await keyed.get('/metrics', bearer(keyed.keys.viewer));
      return /^onlooker_connections 0$/m.test(body) ? true : undefined;
    });
  });

  test('a viewer is offered nothing that they may not do', async () => {
    const page = await openAs('viewer', '#/live');
    await page.getByText('This device’s own camera needs the role “ingest”').waitFor();
    expect(await page.getByRole('button', { name: /camera|video/i }).count()).toBe(0);
    await page.getByRole('combobox').locator('option', { hasText: 'yard' }).waitFor({ state: 'attached' });
    expect(await page.getByRole('combobox').locator('option', { hasText: 'This device' }).count()).toBe(0);
    const offers = async (address: string, ready: string) => {
      await page.goto(`${keyed.service.url}/${address}`);
      await page.locator('main').getByText(ready).first().waitFor();
      return (await page.locator('main').getByRole('button').allInnerTexts()).filter((text) => text !== '');
    };
    expect(await offers('#/people', 'Ada')).toEqual([]);
    expect(await offers(`#/people/${person}`, '1 face')).toEqual([]);
    expect(await page.getByRole('button', { name: /Delete/ }).count()).toBe(0);
    expect(await offers('#/streams', 'yard')).toEqual([]);
    expect(await page.getByRole('switch').count()).toBe(0);
    await offers('#/system/models', 'default/fr_detect');
    expect(await page.getByRole('link', { name: /Keys|Configuration/ }).count()).toBe(0);
    // Nor by an old bookmark.
    await offers('#/system/keys', 'Frames a second');
    expect(await page.getByRole('heading', { name: /Keys|Configuration/ }).count()).toBe(0);
    expect(opened?.complaints).toEqual([]);
  });

  test('an enroller changes people, and no camera and no key', async () => {
    const page = await openAs('enroller', `#/people/${person}`);
    await page.getByRole('button', { name: 'Rename' }).waitFor();
    await page.getByRole('button', { name: 'Delete this face (1 of 1)' }).waitFor();
    await page.getByRole('link', { name: 'Streams' }).click();
    await page.getByRole('heading', { name: 'yard' }).waitFor();
    expect(await page.getByRole('button', { name: 'Add camera' }).count()).toBe(0);
  });

  test('a phone with a ticket for one stream shows its camera’s first picture, and is offered nothing else', async () => {
    const ticket = await ticketOf(keyed.keys.ingest, { stream: 'phone-1' });
    const page = await open(`#/sign-in?ticket=${ticket}`, PHONE);
    await page.locator('.live-status').getByText('Recognised: Ada').waitFor();
    expect(await page.getByRole('navigation').getByRole('link').allInnerTexts()).toEqual(['Live']);
    expect(await page.getByRole('button', { name: 'Enrol' }).count()).toBe(0);
    expect((await keyed.get('/metrics', bearer(keyed.keys.viewer))).body).toMatch(/^onlooker_streams 1$/m);
    expect(opened?.complaints).toEqual([]);
    await screenshots(page, 'sign-in-phone-live');
    await page.goto(`${keyed.service.url}/#/people`);
    await page.getByText('This is not for your role').waitFor();
  });

  test('an administrator makes a key that is shown once, and revokes it', async () => {
    const page = await openAs('admin', '#/system/keys');
    await page.getByRole('button', { name: 'Add key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('gate');
    await dialog.getByRole('checkbox', { name: /viewer/ }).check();
    await dialog.getByLabel('Streams').fill('gate/1');
    await dialog.getByText('Ids have 1 to 64').waitFor();
    expect(await dialog.getByRole('button', { name: 'Make key' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Streams').fill('gate-*, yard');
    await dialog.getByLabel('Holds until').selectOption('30');
    await screenshots(page, 'key-new');
    await dialog.getByRole('button', { name: 'Make key' }).click();
    const secret = page.getByRole('group', { name: 'The key' });
    const key = (await secret.textContent()) ?? '';
    expect(key).toMatch(/^onl_[a-z0-9]{8}_[\w-]{43}$/);
    await screenshots(page, 'key-made');
    await page.getByRole('button', { name: 'I have it' }).click();
    await secret.waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain(key);

    const { json } = await keyed.ask('GET', '/v1/session', key);
    expect(json).toMatchObject({ principal: { name: 'gate', roles: ['viewer'], streams: ['gate-*', 'yard'] } });
    const row = page.getByRole('row').filter({ hasText: key.slice(0, 12) });
    expect(await row.innerText()).toMatch(/gate[\s\S]*Viewer[\s\S]*gate-\*, yard/);
    await row.getByRole('button', { name: 'Revoke gate' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
    await row.waitFor({ state: 'detached' });
    expect((await keyed.ask('GET', '/v1/session', key)).status).toBe(401);
    await page.getByLabel('Show revoked keys').check();
    await row.getByText('revoked').waitFor();
    await page.getByRole('heading', { name: 'Keys' }).scrollIntoViewIfNeeded();
    await screenshots(page, 'keys');
    expect(opened?.complaints).toEqual([]);
  });

  for (const theme of ['light', 'dark'] as const) {
    test(`the sign-in has no serious fault that axe can find, in the ${theme} theme, nor scrolls sideways on a phone`, async () => {
      const page = await open('#/sign-in?error=denied', { theme, ...PHONE });
      await signIn(page, 'onl_wrong');
      await page.getByRole('alert').waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      expect(await isTooWide(page)).toBe(false);
      await screenshots(page, 'sign-in-phone');
    });

    test(`the keys have no serious fault that axe can find, in the ${theme} theme, nor scroll sideways on a phone`, async () => {
      const page = await openAs('admin', '#/system/keys', { theme, ...PHONE });
      await page.getByRole('heading', { name: 'Keys' }).scrollIntoViewIfNeeded();
      await page.getByText('onl_').first().waitFor();
      expect(await seriousFaults(page), 'the list').toEqual([]);
      expect(await isTooWide(page)).toBe(false);
      await page.getByRole('button', { name: 'Add key' }).click();
      expect(await seriousFaults(page), 'a new key').toEqual([]);
      await screenshots(page, 'key-new-phone');
    });
  }

  test('speaks Spanish', async () => {
    const page = await open('#/system/keys', { language: 'es-ES' });
    await page.getByRole('heading', { name: 'Iniciar sesión' }).waitFor();
    await page.getByLabel('Clave', { exact: true }).fill(keyed.keys.admin);
    await page.getByRole('button', { name: 'Iniciar sesión' }).click();
    await page.getByRole('heading', { name: 'Claves' }).waitFor();
    expect(await page.locator('body').innerText()).not.toMatch(
      /\b(shell|access|keys|live|people|streams|events|system)\.[a-z_]+\b/,
    );
    await page.getByRole('button', { name: 'Cerrar sesión' }).waitFor();
  });
});

describe.skipIf(!hasChromium)('the first key', () => {
  test('must be an administrator’s, ends that everybody is let in, and this page goes on with it', async () => {
    const service = await startService();
    const browser = await openBrowser();
    try {
      const { page, complaints } = await openPage(browser);
      await page.goto(`${service.url}/#/system/keys`);
      await page.getByText('With the first key that ends').waitFor();
      expect(await page.locator('.account').count()).toBe(0);
      await page.getByRole('heading', { name: 'Keys' }).scrollIntoViewIfNeeded();
      await screenshots(page, 'keys-first');
      await page.getByRole('button', { name: 'Make the first key' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Name').fill('Ada');
      await dialog.getByRole('checkbox', { name: /admin/ }).uncheck();
      await dialog.getByRole('checkbox', { name: /viewer/ }).check();
      await dialog
        .getByRole('alert')
        .getByText('must be an administrator’s: from then on only administrators may make keys here')
        .waitFor();
      expect(await dialog.getByRole('button', { name: 'Make key' }).isDisabled()).toBe(true);
      await dialog.getByRole('checkbox', { name: /admin/ }).check();
      await page.keyboard.press('Tab');
      await dialog.getByRole('button', { name: 'Make key' }).click();
      await page.getByText('This page is signed in with it').waitFor();
      expect((await rawRequest(service.port, { path: '/v1/people' })).status).toBe(401);
      // What was open before there was a key has been ended, and comes back with it.
      await page.locator('.feed-reconnecting').waitFor();
      await page.locator('.feed-live').waitFor();
      await page.getByRole('button', { name: 'I have it' }).click();
      await page.locator('.account', { hasText: 'Ada' }).waitFor();
      await page.getByRole('row').filter({ hasText: 'Ada' }).getByText('valid').waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      await service.stop();
    }
  });
});

const isTooWide = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
