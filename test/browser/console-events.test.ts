// The events of the console in a real browser: told as they happen, each once whatever breaks, and from an unknown face to
// a name with one click.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OnlookerClient } from '../../clients/client.js';
import { createHttpClient } from '../../clients/http-client.js';
import { fixture } from '../fixtures.js';
import { startService, type RunningService } from '../server/support/service.js';
import { hasChromium, openBrowser, openPage } from './support/browser.js';
import { screenshots } from './support/screenshot.js';
import { visit } from './support/visit.js';

describe.skipIf(!hasChromium)('events in the console', () => {
  let browser: Browser;
  let franck: Uint8Array;
  let audrey: Uint8Array;

  beforeAll(async () => {
    browser = await openBrowser();
    franck = await readFile(await fixture('franck_01829.jpg'));
    audrey = await readFile(await fixture('audrey.jpg'));
  });
  afterAll(() => browser.close());

  test('a visit is one card, is enrolled with one click, and is told by name the next time', async () => {
    const service = await startService();
    const http = createHttpClient(service.url);
    const { page, context, complaints } = await openPage(browser);
    await page.goto(`${service.url}/#/events`);
    await page.getByRole('heading', { name: 'Nothing has happened yet' }).waitFor();
    await page.getByText('Connected', { exact: true }).waitFor();

    await visit(service.url, 'door', franck);
    const card = cards(page).first();
    await card.getByText('Left').waitFor();
    expect(await texts(page)).toEqual(['Unknown door']);

    await card.getByRole('button', { name: 'Enrol' }).click();
    await page.getByRole('combobox', { name: 'Name' }).fill('Franck');
    await page.keyboard.press('Enter');
    await page.getByText(/Franck is enrolled with \d face/).waitFor();
    expect((await http.people.list()).people.map(({ name }) => name)).toEqual(['Franck']);

    await visit(service.url, 'yard', franck);
    await visit(service.url, 'door', audrey);
    await expect.poll(() => texts(page)).toEqual(['Unknown door', 'Franck yard', 'Unknown door']);

    await page.getByLabel('Kind').selectOption({ label: 'Recognised people' });
    await expect.poll(() => texts(page)).toEqual(['Franck yard']);
    await page.getByLabel('Kind').selectOption({ label: 'Unknown people' });
    await expect.poll(() => texts(page)).toEqual(['Unknown door', 'Unknown door']);
    await page.getByLabel('Kind').selectOption({ label: 'Everything' });
    await page.getByLabel('Camera').selectOption('yard');
    await expect.poll(() => texts(page)).toEqual(['Franck yard']);
    // The others can be chosen still.
    expect(await page.getByLabel('Camera').locator('option').allTextContents()).toEqual(['Every camera', 'door', 'yard']);
    // The choice is in the address, so that it is there again.
    await page.reload();
    await expect.poll(() => texts(page)).toEqual(['Franck yard']);
    await page.getByRole('button', { name: 'Show everything' }).click();
    await page.getByLabel('Person').selectOption({ label: 'Franck' });
    await expect.poll(() => texts(page)).toEqual(['Franck yard']);
    expect(complaints).toEqual([]);
    await context.close();
    await service.stop();
  });

  test('a visit tells why it was or was not named, in words and in bars', async () => {
    const service = await startService();
    const http = createHttpClient(service.url);
    const { id } = await http.people.create({ name: 'Franck' });
    await http.faces.enrol(id, new Uint8Array(franck));
    const { page, context, complaints } = await openPage(browser);
    await page.goto(`${service.url}/#/events`);
    await visit(service.url, 'door', franck);
    await visit(service.url, 'door', audrey);
    await expect.poll(() => texts(page)).toEqual(['Unknown door', 'Franck door']);

    await page.getByRole('button', { name: 'Details: Franck' }).first().click();
    await page.getByRole('heading', { name: 'Why this name' }).waitFor();
    await page.getByText(/is over the threshold of 0\.\d\d/).waitFor();
    expect(await page.locator('.events-chart li').allTextContents()).toEqual([expect.stringMatching(/Franck[01]\.\d\d/)]);
    expect(await page.locator('.events-faces img').count()).toBeGreaterThan(0);
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: 'Details: Unknown' }).first().click();
    await page.getByText(/The most similar person is Franck with .*; at least 0\.\d\d is needed/).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
    await service.stop();
  });

  test('who is enrolled already is shown before faces are added to them, and the faces are taken back by undoing it', async () => {
    const service = await startService();
    const http = createHttpClient(service.url);
    const { id } = await http.people.create({ name: 'Audrey' });
    const { page, context, complaints } = await openPage(browser);
    await page.goto(`${service.url}/#/events`);
    await visit(service.url, 'door', audrey);
    await cards(page).first().getByText('Left').waitFor();
    await cards(page).first().getByRole('button', { name: 'Enrol: Unknown, door' }).click();
    await page.getByRole('combobox', { name: 'Name' }).fill(' audrey');
    await page.getByText('Audrey is enrolled with 0 faces').waitFor();
    await screenshots(page, 'event-enrol-known');
    await page.keyboard.press('Enter');
    await page.getByText(/\d faces? added to Audrey/).waitFor();
    expect((await http.people.list()).people).toMatchObject([{ id, name: 'Audrey', faces: expect.any(Number) as number }]);
    expect((await http.people.get(id)).faces).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(async () => (await http.people.get(id)).faces).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
    await service.stop();
  });

  test('a visit during which the service was killed is over once the page is back in touch', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'events-'));
    const env = { ONLOOKER_DATA_DIR: dataDir, ONLOOKER_PORT: String(await freePort()) };
    const killed = await startService(env);
    const { page, context } = await openPage(browser);
    await page.goto(`${killed.url}/#/events`);
    const client = await OnlookerClient.connect(killed.url);
    const camera = await client.open({ stream: 'door' });
    const inView = cards(page).first().getByText('In view');
    for (let frame = 0; frame < 100 && !(await inView.isVisible()); frame++) await camera.send(franck, { ts: Date.now() });
    await inView.waitFor();
    await cards(page).first().getByRole('button', { name: 'Enrol' }).waitFor();

    killed.signal('SIGKILL');
    await killed.exited();
    await client.close().catch(() => undefined);
    await killed.stop();
    await page.getByText('Reconnecting').waitFor();
    const service = await startService(env);
    await inView.waitFor({ state: 'detached' });
    expect(await texts(page)).toEqual(['Unknown door']);
    expect(await cards(page).first().getByRole('button', { name: 'Enrol' }).count()).toBe(0);
    await context.close();
    await service.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  test('nothing is lost or told twice when the service goes away and comes back', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'events-'));
    const env = { ONLOOKER_DATA_DIR: dataDir, ONLOOKER_PORT: String(await freePort()) };
    let service: RunningService = await startService(env);
    const { page, context } = await openPage(browser);
    await page.goto(`${service.url}/#/events`);
    await visit(service.url, 'door', franck);
    await expect.poll(() => texts(page)).toEqual(['Unknown door']);

    await service.stop();
    await page.getByText('Reconnecting').waitFor();
    service = await startService(env);
    // Some of it happens before the page is back.
    await visit(service.url, 'yard', audrey);
    await page.getByText('Connected', { exact: true }).waitFor();
    await visit(service.url, 'gate', franck);
    await expect.poll(() => texts(page)).toEqual(['Unknown gate', 'Unknown yard', 'Unknown door']);
    await expect.poll(() => page.locator('.events-step-appear').count()).toBe(3);
    await expect.poll(() => page.locator('.events-step-leave').count()).toBe(3);
    await context.close();
    await service.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
});

const cards = (page: Page) => page.locator('.events-visit');

/** Each card as its name and stream, newest first. */
async function texts(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    Array.from(document.querySelectorAll('.events-visit')).map((card) =>
      [card.querySelector('.events-name > :first-child'), card.querySelector('.events-stream')]
        .map((element) => element?.textContent ?? '')
        .join(' '),
    ),
  );
}

/** The same service at the same address once more: so the port is chosen here. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
