// A phone opens the console of `serve --lan`: the browser does not know the certificate, and after its warning was gone past the
// page is as secure as camera and WebSocket need it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { launchService, until, type RunningService } from '../server/support/service.js';
import { hasChromium, openBrowser, openPage } from './support/browser.js';
import { writeFilm } from './support/film.js';

describe.skipIf(!hasChromium)('a phone on the same network', () => {
  let folder: string;
  let browser: Browser;
  let service: RunningService;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onlooker-phone-'));
    const film = join(folder, 'film.mjpeg');
    await writeFilm(film, await fixture('franck_01829.jpg'));
    [service, browser] = await Promise.all([launchService({ ONLOOKER_OPEN: 'true' }, ['--lan']), openBrowser({ film })]);
    await until(() => (service.log.includes('"msg":"ready"') ? true : undefined));
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('has its camera once the warning of the browser was gone past', async () => {
    const { page } = await openPage(browser, { widthPx: 390, heightPx: 844 });
    const address = `https://127.0.0.1:${service.port}/`;
    await expect(page.goto(address)).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');
    // What Chromium's warning takes for "proceed", whatever its words are; said again where it was not listening yet.
    await until(async () => {
      await page.keyboard.type('thisisunsafe');
      return page.waitForURL(address, { timeout: 3000 }).then(
        () => true,
        () => undefined,
      );
    });
    expect(await page.evaluate('isSecureContext')).toBe(true);
    const canvas = page.locator('canvas[data-seq]');
    await until(async () => (Number(await canvas.getAttribute('data-seq')) > 3 ? true : undefined));
  });
});
