// Models of one's own in the console, in a real browser: files that are dropped become a classifier that is served, versions change, and
// what a classified stream shows is seen live.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tinyClassifier } from '../models/served/tiny-classifier.js';
import { startService, type RunningService } from '../server/support/service.js';
import { seriousFaults } from './support/axe.js';
import { hasChromium, openBrowser, openPage } from './support/browser.js';

describe.skipIf(!hasChromium)('models in the console', () => {
  let folder: string;
  let service: RunningService;
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onlooker-models-'));
    await writeFile(join(folder, 'Leaves of trees.onnx'), tinyClassifier());
    await writeFile(join(folder, 'classes.txt'), 'oak\nbeech\nlime');
    await writeFile(join(folder, 'few.txt'), 'oak');
    service = await startService({ ONLOOKER_MODEL_POLL_S: '0' });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
    await rm(folder, { recursive: true });
  });

  const row = (page: Page, version: string) =>
    page.getByRole('row').filter({ hasText: 'Leaves-of-trees' }).filter({ hasText: version });

  test('files that are chosen are named, given and served; another version takes over, and the old one is a click away', async () => {
    const { page, context, complaints } = await openPage(browser);
    await page.goto(`${service.url}/#/system/models`);
    const chooser = page.locator('input[aria-label="Add a model"]');
    await chooser.setInputFiles([join(folder, 'Leaves of trees.onnx')]);
    const dialog = page.getByRole('dialog', { name: 'Add a model' });
    expect(await dialog.getByLabel('Name').inputValue()).toBe('Leaves-of-trees');
    expect(await dialog.getByLabel('Version').inputValue()).toBe('1');
    await dialog.locator('input[type=file]').setInputFiles([join(folder, 'classes.txt')]);
    await dialog.getByText('classes.txt').first().waitFor();
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await row(page, 'in use').waitFor();
    expect(await dialog.count()).toBe(0);

    await chooser.setInputFiles([join(folder, 'Leaves of trees.onnx')]);
    expect(await dialog.getByLabel('Version').inputValue()).toBe('2');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('button', { name: 'Use Leaves-of-trees@1' }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Use Leaves-of-trees@1' }).click();
    await page.getByRole('button', { name: 'Use Leaves-of-trees@2' }).waitFor();
    await page.getByRole('button', { name: 'Remove Leaves-of-trees@2' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('button', { name: 'Use Leaves-of-trees@2' }).waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('a file that cannot be served is told, and the right one can be given in its place', async () => {
    const { page, context } = await openPage(browser);
    await page.goto(`${service.url}/#/system/models`);
    await page.locator('input[aria-label="Add a model"]').setInputFiles([join(folder, 'Leaves of trees.onnx')]);
    const dialog = page.getByRole('dialog', { name: 'Add a model' });
    await dialog.getByLabel('Name').fill('wrong');
    const classes = { name: 'classes.txt', mimeType: 'text/plain' };
    await dialog.locator('input[type=file]').setInputFiles({ ...classes, buffer: Buffer.from('oak') });
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await dialog.getByText(/3 numbers a picture, but classes.txt has 1 labels/).waitFor();
    await dialog.locator('input[type=file]').setInputFiles({ ...classes, buffer: Buffer.from('oak\nbeech\nlime') });
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('row').filter({ hasText: 'wrong' }).filter({ hasText: 'in use' }).waitFor();
    await context.close();
  });

  test('whoever administers nothing sees what is loaded, and no versions', async () => {
    const { page, context } = await openPage(browser);
    await page.route('**/v1/session', async (route) => {
      const answer = await route.fetch();
      const body = (await answer.json()) as { principal: object };
      await route.fulfill({ response: answer, json: { ...body, principal: { ...body.principal, roles: ['viewer'] } } });
    });
    await page.goto(`${service.url}/#/system/models`);
    await page.getByText('default/fr_detect').waitFor();
    expect(await page.getByText('Models of your own').count()).toBe(0);
    await context.close();
  });
});
