// Takes pictures of every view of the console, in both themes and for a phone, into a folder: `npm run screenshots [folder]`.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openBrowser, openPage, type PageOptions } from '../support/browser.js';
import { livedInService } from './seed.js';

interface Shot {
  readonly name: string;
  readonly address: string;
  /** What is done before the picture is taken. */
  readonly prepare?: (page: Page) => Promise<void>;
}

const folder = process.argv[2] ?? 'docs/images/console';
const only = process.argv[3];
await mkdir(folder, { recursive: true });
const { service, http } = await livedInService();
const browser = await openBrowser();
try {
  const franck = (await http.people.list({ limit: 100 })).people.find(({ name }) => name === 'Franck');
  const shots: readonly Shot[] = [
    { name: 'people', address: '#/people' },
    { name: 'person', address: `#/people/${franck?.id ?? ''}` },
    { name: 'events', address: '#/events' },
    { name: 'event', address: '#/events', prepare: openEvent },
    { name: 'streams', address: '#/streams' },
    { name: 'system', address: '#/system' },
    { name: 'live', address: '#/live' },
  ];
  const looks: readonly (readonly [suffix: string, options: PageOptions])[] = [
    ['light', { theme: 'light' }],
    ['dark', { theme: 'dark' }],
    ['phone', { theme: 'light', widthPx: 390, heightPx: 844 }],
  ];
  for (const [suffix, options] of looks) {
    const { context, page, complaints } = await openPage(browser, options);
    for (const { name, address, prepare } of shots) {
      if (only !== undefined && !only.split(',').includes(name)) continue;
      await page.goto('about:blank');
      await page.goto(`${service.url}/${address}`);
      await page.waitForLoadState('networkidle').catch(() => undefined);
      await page.waitForTimeout(700);
      await prepare?.(page);
      await page.screenshot({ path: join(folder, `${name}-${suffix}.png`) });
    }
    for (const complaint of complaints) console.error(`${suffix}: ${complaint}`);
    await context.close();
  }
} finally {
  await browser.close();
  await service.stop();
}

async function openEvent(page: Page): Promise<void> {
  await page.locator('.events-open').first().click();
  await page.waitForTimeout(700);
}
