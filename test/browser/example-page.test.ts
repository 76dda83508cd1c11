// The page of the documentation, copied out of it and opened as its reader would: a file on the disk, nothing built.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { startService, until } from '../server/support/service.js';
import { hasChromium, openBrowser, openPage } from './support/browser.js';
import { FILM, writeFilm } from './support/film.js';

const DOCS = fileURLToPath(new URL('../../docs/clients.md', import.meta.url));

test.skipIf(!hasChromium)('the example page of the documentation works when copied', async () => {
  const page = /```html\n([^]*?)```/.exec(await readFile(DOCS, 'utf8'))?.[1] ?? '';
  expect(page.trim().split('\n').length).toBe(15);

  const folder = await mkdtemp(join(tmpdir(), 'onlooker-page-'));
  const film = join(folder, 'film.mjpeg');
  await writeFilm(film, await fixture('franck_01829.jpg'));
  const [service, browser] = await Promise.all([startService({ ONLOOKER_ALLOWED_ORIGINS: 'null' }), openBrowser({ film })]);
  try {
    const file = join(folder, 'page.html');
    await writeFile(file, page.replace('http://localhost:8080', service.url));
    const opened = await openPage(browser);
    await opened.page.goto(pathToFileURL(file).href);
    await until(async () => {
      const width = await opened.page.evaluate(() => document.querySelector('canvas')?.width);
      return width === FILM.widthPx ? true : undefined;
    });
    await until(async () => ((await service.metric('onlooker_frames_total{outcome="ok"}')) > 5 ? true : undefined));
    expect(opened.complaints).toEqual([]);
  } finally {
    await browser.close();
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
