// Enrolling from the camera of this device: guided, and told plainly where there is no picture.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpClient, type HttpClient } from '../../clients/http-client.js';
import { fixture } from '../fixtures.js';
import { filmFrames } from '../server/support/film.js';
import { asBody } from '../server/support/images.js';
import { startService, type RunningService } from '../server/support/service.js';
import { hasChromium, openBrowser, openPage } from './support/browser.js';

const FILM_FRAMES = 60;

describe.skipIf(!hasChromium)('enrolling from the camera', () => {
  const film = join(tmpdir(), `onlooker-test-${process.pid}.mjpeg`);
  let service: RunningService;
  let http: HttpClient;
  let browser: Browser;

  beforeAll(async () => {
    await writeFile(film, Buffer.concat(await filmFrames(await fixture('franck.mp4'), FILM_FRAMES)));
    service = await startService();
    http = createHttpClient(service.url);
    browser = await openBrowser({ film });
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
    await rm(film, { force: true });
  });

  test('a face from the front is taken by itself, and the next pose is asked for', async () => {
    const { page, context, complaints } = await openPage(browser);
    await page.goto(`${service.url}/#/people`);
    await page.getByRole('button', { name: 'From camera' }).click();
    await page.getByRole('combobox', { name: 'Name' }).fill('Franck');
    await page.keyboard.press('Enter');
    await page.locator('.people-camera-steps img').first().waitFor();
    await page.getByText('Turn your head a little to your left').waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('link', { name: /Franck/ }).waitFor();
    const [franck, ...others] = (await http.people.list()).people;
    expect(others).toEqual([]);
    expect(franck).toMatchObject({ name: 'Franck', faces: 1 });
    // This was no visit: nothing is told of it.
    expect((await http.events.list()).events).toEqual([]);
    expect(complaints).toEqual([]);
    await http.people.remove(franck?.id ?? '');
    await context.close();
  });

  test('a face that is somebody else’s stops the taking, is given to them, and leaves nobody without a face', async () => {
    const { id } = await http.people.create({ name: 'Franck' });
    await http.faces.enrol(id, asBody(await readFile(await fixture('franck_01829.jpg'))));
    const { page, context } = await openPage(browser);
    await page.goto(`${service.url}/#/people`);
    await page.getByRole('button', { name: 'From camera' }).click();
    await page.getByRole('combobox', { name: 'Name' }).fill('Maria');
    await page.keyboard.press('Enter');
    await page.getByText('This looks like Franck', { exact: false }).waitFor();
    // Refused, so that nobody of that name is there: closing the page now would leave no trace.
    expect((await http.people.list()).people.map(({ name }) => name)).toEqual(['Franck']);
    await page.getByRole('button', { name: 'Add to Franck' }).click();
    await page.getByRole('heading', { name: 'Enrol Franck' }).waitFor();
    await page.locator('.people-camera-steps img').first().waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect((await http.people.list()).people).toMatchObject([{ name: 'Franck', faces: 2 }]);
    await http.people.remove(id);
    await context.close();
  });

  test('who says no to the camera is told how to say yes, and nobody is enrolled', async () => {
    const { page, context } = await openPage(browser, { allowsCamera: false });
    await page.goto(`${service.url}/#/people`);
    await page.getByRole('button', { name: 'From camera' }).click();
    await page.getByRole('combobox', { name: 'Name' }).fill('Franck');
    await page.keyboard.press('Enter');
    await page.getByText('The browser was not allowed to use the camera', { exact: false }).waitFor();
    await context.grantPermissions(['camera']);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.people-camera-picture video').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(async () => (await http.people.list()).people).toEqual([]);
    await context.close();
  });
});
