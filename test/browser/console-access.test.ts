// What holds for every view of the console: usable by everybody, on any width, in both languages, and in the service's
// company alone.
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpClient } from '../../clients/http-client.js';
import { en } from '../../clients/console/i18n/en.js';
import { es } from '../../clients/console/i18n/es.js';
import { fixture } from '../fixtures.js';
import { asBody } from '../server/support/images.js';
import { startService, type RunningService } from '../server/support/service.js';
import { seriousFaults } from './support/axe.js';
import { hasChromium, openBrowser, openPage } from './support/browser.js';
import { visit } from './support/visit.js';

const VIEWS = ['live', 'people', 'streams', 'events', 'system'] as const;

describe.skipIf(!hasChromium)('every view of the console', () => {
  let service: RunningService;
  let browser: Browser;
  let person: string;

  beforeAll(async () => {
    service = await startService();
    browser = await openBrowser();
    const http = createHttpClient(service.url);
    const franck = asBody(await readFile(await fixture('franck_01829.jpg')));
    ({ id: person } = await http.people.create({ name: 'Franck' }));
    await http.faces.enrol(person, franck);
    await visit(service.url, 'door', franck);
    await visit(service.url, 'door', await readFile(await fixture('audrey.jpg')));
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  const parts = ['keys', 'models', 'configuration'].map((part) => `#/system/${part}`);
  const views = () => [...VIEWS.map((view) => `#/${view}`), `#/people/${person}`];
  const addresses = () => [...views(), ...parts];

  async function show(page: Page, address: string): Promise<void> {
    // Another address of the same page would be no new page, and its old title would do.
    await page.goto('about:blank');
    await page.goto(`${service.url}/${address}`);
    await page.locator('main h1').waitFor();
    await page.waitForLoadState('networkidle');
  }

  for (const theme of ['light', 'dark'] as const) {
    test(`has no serious fault that axe can find, in the ${theme} theme`, async () => {
      const { page, context } = await openPage(browser, { theme });
      for (const address of views()) {
        await show(page, address);
        expect(await seriousFaults(page), address).toEqual([]);
      }
      await page.goto(`${service.url}/#/events`);
      await page.locator('.events-open').first().click();
      await page.locator('.events-chart').waitFor();
      expect(await seriousFaults(page), 'details of an event').toEqual([]);
      await page.goto(`${service.url}/#/people`);
      await page.getByRole('button', { name: 'Add pictures' }).click();
      expect(await seriousFaults(page), 'adding pictures').toEqual([]);
      await context.close();
    });
  }

  test.each(['light', 'dark'] as const)('has none in the parts of System, in the %s theme', async (theme) => {
    const { page, context } = await openPage(browser, { theme });
    for (const address of parts) {
      await show(page, address);
      expect(await seriousFaults(page), address).toEqual([]);
    }
    await context.close();
  });

  test('complains of nothing and asks nobody but the service', async () => {
    const { page, context, complaints } = await openPage(browser);
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${service.url}/`) && !url.startsWith(`blob:${service.url}/`)) elsewhere.push(url);
    });
    for (const address of addresses()) await show(page, address);
    expect(elsewhere).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('fits a phone without scrolling sideways', async () => {
    const { page, context } = await openPage(browser, { widthPx: 360, heightPx: 740 });
    for (const address of addresses()) {
      await show(page, address);
      const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      expect(content, address).toBeLessThanOrEqual(window ?? 0);
    }
    await context.close();
  });

  test('can be walked through by keyboard alone', async () => {
    const { page, context } = await openPage(browser);
    await show(page, '#/live');
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');

    await page.reload();
    await page.locator('main h1').waitFor();
    for (let tab = 0; tab < 3; tab++) await page.keyboard.press('Tab');
    expect(await focused()).toBe('People');
    await page.keyboard.press('Enter');
    // The link that was followed has the same text as the heading, and keeps the focus until the view is there.
    await page.locator('h1:focus', { hasText: 'People' }).waitFor();

    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Add pictures');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    expect(await page.evaluate(() => document.activeElement?.closest('dialog') !== null)).toBe(true);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // Given back a moment after the dialog is gone.
    await page.locator('button:focus', { hasText: 'Add pictures' }).waitFor();
    await context.close();
  });

  test('speaks the language of the browser, and another one when it is asked to', async () => {
    const { page, context } = await openPage(browser, { language: 'es-ES' });
    for (const view of VIEWS) {
      await show(page, `#/${view}`);
      expect(await page.locator('main h1').textContent()).toBe(es[view].title);
      // A key in place of a text would show as `view.key`.
      expect(await page.locator('body').innerText()).not.toMatch(
        /\b(shell|access|keys|live|people|streams|events|system)\.[a-z_]+\b/,
      );
    }
    await page.getByRole('button', { name: 'Apariencia' }).click();
    await page.getByLabel('Idioma').selectOption('en');
    await page.getByLabel(en.shell.theme).selectOption('dark');
    await page.reload();
    await page.getByRole('link', { name: 'People' }).waitFor();
    expect(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset['theme']])).toEqual([
      'en',
      'dark',
    ]);
    await context.close();
  });
});

test('both languages have the same texts with the same values in them', () => {
  for (const [view, texts] of Object.entries(en)) {
    const spanish = es[view as keyof typeof es] as Readonly<Record<string, unknown>>;
    expect(Object.keys(spanish).sort(), view).toEqual(Object.keys(texts).sort());
    for (const [key, text] of Object.entries(texts)) {
      expect(valuesIn(spanish[key]), `${view}.${key}`).toEqual(valuesIn(text));
    }
  }
});

function valuesIn(text: unknown): readonly string[] {
  return [...new Set(JSON.stringify(text).match(/\{\w+\}/g))].sort();
}
