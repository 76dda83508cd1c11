// Takes pictures of every view of the console, in both themes and for a phone, into dist/screenshots/, and puts those that the
// documentation shows into docs/images/console/: `npm run screenshots`, or `… people,events` for some of the views.
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { fixture } from '../../fixtures.js';
import { filmFrames } from '../../server/support/film.js';
import { openBrowser, openPage, type PageOptions } from '../support/browser.js';
import { livedInService } from './seed.js';

interface Shot {
  readonly name: string;
  readonly address: string;
  /** What is done before the picture is taken. */
  readonly prepare?: (page: Page) => Promise<void>;
}

const ALL = 'dist/screenshots/console';
const DOCS = 'docs/images/console';
const SHOWN_IN_DOCS = new Set([
  'live-dark',
  'people-light',
  'people-phone',
  'person-dark',
  'add-light',
  'camera-light',
  'streams-light',
  'events-dark',
  'events-phone',
  'event-light',
  'system-light',
]);

const only = process.argv[2]?.split(',');
for (const folder of [ALL, DOCS]) await mkdir(folder, { recursive: true });
const { service, http } = await livedInService();
const film = await cameraFilm();
const browser = await openBrowser({ film });
try {
  const franck = (await http.people.list({ limit: 100 })).people.find(({ name }) => name === 'Franck');
  const shots: readonly Shot[] = [
    { name: 'people', address: '#/people' },
    { name: 'person', address: `#/people/${franck?.id ?? ''}` },
    { name: 'add', address: '#/people', prepare: addPictures },
    { name: 'camera', address: `#/people/${franck?.id ?? ''}`, prepare: openCamera },
    {
      name: 'merge',
      address: `#/people/${franck?.id ?? ''}`,
      prepare: (page) => page.getByRole('button', { name: 'Merge' }).click(),
    },
    { name: 'events', address: '#/events' },
    { name: 'event', address: '#/events', prepare: openEvent },
    { name: 'streams', address: '#/streams' },
    { name: 'system', address: '#/system', prepare: (page) => page.waitForTimeout(16_000) },
    { name: 'system-keys', address: '#/system/keys' },
    { name: 'system-models', address: '#/system/models' },
    { name: 'system-configuration', address: '#/system/configuration' },
    { name: 'live', address: '#/live', prepare: (page) => page.waitForTimeout(5_000) },
  ];
  const looks: readonly (readonly [suffix: string, options: PageOptions])[] = [
    ['light', { theme: 'light' }],
    ['dark', { theme: 'dark' }],
    ['phone', { theme: 'light', widthPx: 390, heightPx: 844 }],
  ];
  for (const [suffix, options] of looks) {
    const { context, page, complaints } = await openPage(browser, options);
    for (const { name, address, prepare } of shots) {
      if (only && !only.includes(name)) continue;
      await page.goto('about:blank');
      await page.goto(`${service.url}/${address}`);
      await page.waitForLoadState('networkidle').catch(() => undefined);
      await page.waitForTimeout(700);
      await prepare?.(page);
      await obscureStrangers(page);
      const picture = await page.screenshot({ animations: 'disabled' });
      const file = `${name}-${suffix}.webp`;
      await sharp(picture).webp({ quality: 88, effort: 6 }).toFile(join(ALL, file));
      if (SHOWN_IN_DOCS.has(`${name}-${suffix}`)) await copyFile(join(ALL, file), join(DOCS, file));
    }
    for (const complaint of complaints) console.error(`${suffix}: ${complaint}`);
    await context.close();
  }
} finally {
  await browser.close();
  await service.stop();
  await rm(film);
}

/** A man who talks, as what the browser's camera sees. */
async function cameraFilm(): Promise<string> {
  const path = join(tmpdir(), `onlooker-camera-${process.pid}.mjpeg`);
  await writeFile(path, Buffer.concat(await filmFrames(await fixture('franck.mp4'), 250)));
  return path;
}

async function addPictures(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Add pictures' }).click();
  const pictures = [
    'franck_04117.jpg',
    'franck_03979.jpg',
    'sean_guru2_crop.jpg',
    'sample1.jpg',
    'walter2_crop.jpg',
    'skullmask.jpg',
  ];
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles(await Promise.all(pictures.map(fixture)));
}

async function openCamera(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'From camera' }).click();
  await page.locator('.people-camera-steps img').first().waitFor();
  await page.waitForTimeout(1_500);
}

async function openEvent(page: Page): Promise<void> {
  await page.locator('.events-open').first().click();
  await page.waitForTimeout(700);
}

/**
 * Photographs of people in the fixtures are for tests: in pictures that are published they are blurred, but for the two men
 * of the films.
 */
async function obscureStrangers(page: Page): Promise<void> {
  await page.evaluate(() => {
    const isOfTheFilms = /franck|entrance|workshop/i;
    for (const image of Array.from(document.querySelectorAll('img'))) {
      let around: Element = image;
      while (around.parentElement !== null && (around.textContent ?? '').trim() === '') around = around.parentElement;
      const title = document.querySelector('main h1')?.textContent ?? '';
      const isFace = !image.src.endsWith('.svg');
      if (isFace && !isOfTheFilms.test(`${title} ${around.textContent ?? ''}`)) image.style.filter = 'blur(7px)';
    }
  });
}
