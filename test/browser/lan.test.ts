// A phone opens the console of `serve --lan`: the browser does not know the certificate, and after its warning was gone past the
// page is as secure as camera and WebSocket need it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { launchService, until } from '../server/support/service.js';
import { hasChromium, openBrowser, openPage } from './support/browser.js';
import { writeFilm } from './support/film.js';

test.skipIf(!hasChromium)('the camera works on a phone once the warning of the browser was gone past', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'onlooker-phone-'));
  const film = join(folder, 'film.mjpeg');
  await writeFilm(film, await fixture('franck_01829.jpg'));
  const [service, browser] = await Promise.all([launchService({}, ['--lan']), openBrowser({ film })]);
  try {
    await until(() => (service.log.includes('Onlooker is at') ? true : undefined));
    const { context, page } = await openPage(browser, { widthPx: 390, heightPx: 844 });
    const address = `https://127.0.0.1:${service.port}/`;
    await expect(page.goto(address)).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');
    // What Chromium's warning takes for "proceed", whatever its words are.
    await page.keyboard.type('thisisunsafe');
    await page.waitForURL(address);
    await page.locator('.live-status', { hasText: /Recognised|Unknown|enrolled/ }).waitFor();
    expect(await page.evaluate('isSecureContext')).toBe(true);
    const canvas = page.locator('canvas[data-seq]');
    await until(async () => (Number(await canvas.getAttribute('data-seq')) > 3 ? true : undefined));
    await context.close();
  } finally {
    await browser.close();
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
