// The view of the service itself, in a real browser: what is loaded, figures that move, the configuration, a service that goes.
import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { startService, type RunningService } from '../server/support/service.js';
import { hasChromium, openBrowser, openPage, type Opened } from './support/browser.js';
import { visit } from './support/visit.js';

describe.skipIf(!hasChromium)('the system in the console', () => {
  let service: RunningService;
  let browser: Browser;

  beforeAll(async () => {
    service = await startService({ ONLOOKER_CREDITS: '4' });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  async function openSystem(part = '', of: RunningService = service): Promise<Opened> {
    const opened = await openPage(browser);
    await opened.page.goto(`${of.url}/#/system/${part}`);
    return opened;
  }

  test('models are shown with their licences and what must be known of them', async () => {
    const { page, context, complaints } = await openSystem('models');
    for (const name of ['default/fr_detect', 'default/fr_landmark', 'default/fr_feature']) {
      const model = page.getByRole('listitem').filter({ hasText: name });
      await model.getByText('MIT', { exact: true }).waitFor();
      expect(await model.locator('.system-caveat').count()).toBeGreaterThan(0);
    }
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('its parts are one click from each other, each with an address of its own, and none is long on a phone', async () => {
    const { page, context, complaints } = await openSystem();
    await page.setViewportSize({ width: 390, height: 844 });
    const parts = page.getByRole('navigation', { name: 'Parts of this view' });
    const inSight = async (ready: string, address: string) => {
      await page.locator('main').getByText(ready, { exact: true }).first().waitFor();
      expect(await page.evaluate(() => location.hash)).toBe(address);
      expect(await parts.locator('[aria-current=page]').count()).toBe(1);
      const [nav, width] = await parts.evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth]);
      expect(nav).toBe(width);
    };
    await inSight('Health', '#/system/');
    expect(await page.getByRole('heading', { name: 'Models' }).count()).toBe(0);
    await parts.getByRole('link', { name: 'Keys' }).click();
    await inSight('Make the first key', '#/system/keys');
    await parts.getByRole('link', { name: 'Models' }).press('Enter');
    await inSight('default/fr_detect', '#/system/models');
    await parts.getByRole('link', { name: 'Configuration' }).click();
    await inSight('ONLOOKER_CREDITS', '#/system/configuration');
    await page.goBack();
    await inSight('default/fr_detect', '#/system/models');
    // The charts know what was measured while another part was in sight.
    await parts.getByRole('link', { name: 'Overview' }).click();
    await inSight('Frames a second', '#/system');
    await page.locator('.system-plot canvas').nth(3).waitFor();
    await page.goto(`${service.url}/#/system/nothing`);
    await inSight('Health', '#/system/nothing');
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('the charts draw what the service does', async () => {
    const { page, context, complaints } = await openSystem();
    const chart = page.getByRole('region', { name: 'Frames a second' });
    await chart.locator('canvas').waitFor();
    const franck = await readFile(await fixture('franck_01829.jpg'));
    const answered = chart.locator('dd').first();
    const isMoving = (async () => {
      for (;;) if (/^[1-9]/.test((await answered.textContent()) ?? '')) return;
    })();
    for (let turn = 0; turn < 4; turn++) await visit(service.url, 'door', franck);
    await isMoving;
    expect(await page.locator('.system-plot canvas').count()).toBe(4);
    const drawn = await chart.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
      const colours = new Set<string>();
      for (let at = 0; at < data.length; at += 4) if ((data[at + 3] ?? 0) > 200) colours.add(data.slice(at, at + 3).toString());
      return colours.size;
    });
    expect(drawn).toBeGreaterThan(2);
    const name = await chart.getByRole('img').getAttribute('aria-label');
    expect(name).toMatch(/Answered [\d.]+ \/s, Dropped/);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('the configuration is shown with where each value comes from, and can be searched', async () => {
    const { page, context } = await openSystem('configuration');
    const row = page.getByRole('row').filter({ hasText: 'ONLOOKER_CREDITS' });
    await row.getByText('4 frames').waitFor();
    await row.getByText('environment').waitFor();
    await page.getByRole('searchbox', { name: 'Search settings' }).fill('unlikely to be there');
    await row.waitFor({ state: 'detached' });
    await page.getByText('No setting fits').waitFor();
    await page.getByRole('searchbox', { name: 'Search settings' }).fill('credits');
    await row.waitFor();
    await page.getByRole('searchbox', { name: 'Search settings' }).fill('threshold');
    await page.getByText(/^that of the pack: 0\.\d+$/).waitFor();
    await page.getByRole('searchbox', { name: 'Search settings' }).fill('import_bytes');
    await page.getByText('4294967296 bytes').waitFor();
    await page.setViewportSize({ width: 390, height: 800 });
    const cut = await page.locator('.table-frame').evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
    expect(cut).toBeLessThanOrEqual(0);
    await page.getByRole('searchbox', { name: 'Search settings' }).fill('credits');
    await row.waitFor();
    await page.getByLabel('Only what was set').check();
    expect(await page.getByRole('row').count()).toBe(2);
    await context.close();
  });

  test('a service that goes is told of, and the figures go on when it is back', async () => {
    // Not of the ports that the system gives to whoever connects: it could not be taken again.
    const port = String(20_000 + Math.floor(10_000 * Math.random()));
    const other = await startService({ ONLOOKER_PORT: port });
    const { page, context } = await openSystem('', other);
    await page.getByText('Ready', { exact: true }).waitFor();
    expect(await other.stop()).toBe(0);
    await page.getByText('The figures stand still', { exact: false }).waitFor();
    await page.getByText('Out of reach').waitFor();
    const again = await startService({ ONLOOKER_PORT: port });
    await page.getByText('Ready', { exact: true }).waitFor();
    await page.getByText('The figures stand still', { exact: false }).waitFor({ state: 'detached' });
    await context.close();
    await again.stop();
  });
});
