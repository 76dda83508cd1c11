// Cameras whose picture comes turned, mirrored or squeezed, and stills, in the console: a real browser, service and cameras.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createHttpClient, type HttpClient } from '../../clients/http-client.js';
import { fixture } from '../fixtures.js';
import { startService, until, type RunningService } from '../server/support/service.js';
import { startMjpegCamera, type MjpegCamera } from '../sources/camera/mjpeg-camera.js';
import { seriousFaults } from './support/axe.js';
import { hasChromium, openBrowser, openPage, type Opened } from './support/browser.js';
import { screenshots } from './support/screenshot.js';

const CORRECT = 'Correct the picture: turned, mirrored or squeezed';

describe.skipIf(!hasChromium)('pictures of cameras in the console', () => {
  let service: RunningService;
  let http: HttpClient;
  let browser: Browser;
  let camera: MjpegCamera;
  let still: Server;
  let stillUrl: string;

  beforeAll(async () => {
    // 320 x 180; its left half is red.
    const red = await sharp({ create: { width: 160, height: 180, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const image = await sharp({ create: { width: 320, height: 180, channels: 3, background: 'blue' } })
      .composite([{ input: red, left: 0, top: 0 }])
      .jpeg()
      .toBuffer();
    camera = await startMjpegCamera({ images: [image], fps: 10 });
    const photo = await readFile(await fixture('franck_01829.jpg'));
    still = createServer((_, response) => response.setHeader('Content-Type', 'image/jpeg').end(photo)).listen(0, '127.0.0.1');
    await once(still, 'listening');
    stillUrl = `http://127.0.0.1:${(still.address() as AddressInfo).port}/snap.jpg`;
    service = await startService();
    http = createHttpClient(service.url);
    browser = await openBrowser();
  });
  afterEach(async () => {
    for await (const { id } of http.streams.all()) await http.streams.remove(id);
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
    await camera.close();
    still.closeAllConnections();
    still.close();
  });

  async function openStreams(language = 'en-GB'): Promise<Opened> {
    const opened = await openPage(browser, { language });
    await opened.page.goto(`${service.url}/#/streams`);
    await opened.page.getByRole('heading', { level: 1 }).waitFor();
    return opened;
  }
  /** Width x height of what is really decoded, once it is. */
  const sizeOf = (page: Page, selector: string): Promise<string> =>
    until(() =>
      page
        .locator(selector)
        .evaluate((image: HTMLImageElement) =>
          image.complete && image.naturalWidth > 0 ? `${image.naturalWidth}x${image.naturalHeight}` : undefined,
        ),
    );
  /** Width by height of the place that it takes on the page. */
  const ratioOf = async (page: Page, selector: string): Promise<number> => {
    const box = await page.locator(selector).boundingBox();
    return (box?.width ?? 0) / (box?.height ?? 1);
  };

  test('a picture is turned, mirrored and shaped while a camera is added; its region goes with it, and editing keeps it all', async () => {
    const { page, context, complaints } = await openStreams();
    await page.getByRole('button', { name: 'Add camera' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Address').fill(camera.url);
    expect(await dialog.getByLabel('Turn the picture').isVisible()).toBe(false);
    await dialog.getByRole('button', { name: 'Test address' }).click();
    await dialog.getByText('It sends motion JPEG: this is its first picture.').waitFor();
    expect(await sizeOf(page, '.streams-draw img')).toBe('320x180');
    await dialog.getByRole('application').press('ArrowRight');
    await dialog.getByText('Looked at: 50% × 50%, from 25% left').waitFor();
    await dialog.getByRole('application').press('ArrowLeft');
    await dialog.getByText('from 23% left and 25% top', { exact: false }).waitFor();

    await dialog.getByText(CORRECT).click();
    await dialog.getByLabel('Turn the picture').selectOption('90° to the right');
    // The picture from before is no place to draw on.
    await dialog.getByText('This is how it was before.').waitFor();
    expect(await dialog.getByRole('application').count()).toBe(0);
    await screenshots(page, 'console-picture-before');
    await dialog.getByRole('button', { name: 'Show it as it is set now' }).click();
    await dialog.getByText('from 25% left and 23% top', { exact: false }).waitFor();
    expect(await sizeOf(page, '.streams-draw img')).toBe('180x320');
    await dialog.getByLabel('Mirror the picture').selectOption('Exchange top and bottom');
    await dialog.getByLabel('Shape, width:height').fill('4/3');
    await dialog.getByLabel('Shape, width:height').press('Enter');
    await dialog.getByText('from 25% left and 27% top', { exact: false }).waitFor();
    expect(await sizeOf(page, '.streams-draw img')).toBe('240x320');
    expect(await seriousFaults(page)).toEqual([]);
    await screenshots(page, 'console-picture');
    await dialog.getByLabel('Name').fill('yard');
    await dialog.getByRole('button', { name: 'Save' }).click();

    const card = page.getByRole('article', { name: 'yard' });
    await card.getByText('Live', { exact: true }).waitFor();
    await card.getByText('320 × 180 · Motion JPEG', { exact: false }).waitFor();
    expect(await http.streams.get('yard')).toMatchObject({
      rotate: 90,
      flip: 'vertical',
      aspect: '4:3',
      region: [0.25, 0.27, 0.5, 0.5],
    });
    expect(await sizeOf(page, '.streams-picture img')).toBe('240x320');
    // What is upright is not squeezed into what the camera sends.
    expect(await ratioOf(page, '.streams-picture img')).toBeCloseTo(240 / 320, 1);
    await screenshots(page, 'console-picture-card');

    await card.getByRole('button', { name: 'Edit' }).click();
    // Unfolded, since something is set; the picture that is shown is the camera's of now.
    expect(await dialog.getByLabel('Turn the picture').inputValue()).toBe('90');
    expect(await dialog.getByLabel('Mirror the picture').inputValue()).toBe('vertical');
    expect(await dialog.getByLabel('Shape, width:height').inputValue()).toBe('4:3');
    expect(await sizeOf(page, '.streams-draw img')).toBe('240x320');
    await dialog.getByLabel('Pictures a second').fill('2');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await http.streams.get('yard')).toMatchObject({ fps: 2, rotate: 90, flip: 'vertical', aspect: '4:3' });

    await card.getByRole('button', { name: 'Edit' }).click();
    await dialog.getByLabel('Turn the picture').selectOption('Leave it as it comes');
    await dialog.getByLabel('Mirror the picture').selectOption('Leave it as it comes');
    await dialog.getByLabel('Shape, width:height').fill('');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    const plain = await http.streams.get('yard');
    for (const field of ['rotate', 'flip', 'aspect']) expect(plain).not.toHaveProperty(field);
    expect(plain.region).toEqual([0.23, 0.25, 0.5, 0.5]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('a shape that is none is told at its field, takes the focus, and is asked of nobody', async () => {
    const { page, context, complaints } = await openStreams();
    let asked = 0;
    page.on('request', (request) => (asked += request.url().endsWith('/v1/streams/test') ? 1 : 0));
    await page.getByRole('button', { name: 'Add camera' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Address').fill(camera.url);
    await dialog.getByLabel('Name').fill('yard');
    await dialog.getByText(CORRECT).click();
    await dialog.getByLabel('Shape, width:height').fill('16:0');
    await dialog.getByText('Width:height, such as 16:9, and neither', { exact: false }).waitFor();
    await dialog.getByText(CORRECT).click();
    for (const name of ['Test address', 'Save']) {
      await dialog.getByLabel('Address').focus();
      await dialog.getByRole('button', { name }).click();
      await page.locator('input:focus[maxlength="24"][aria-invalid="true"]').waitFor();
    }
    expect(asked).toBe(0);
    expect((await http.streams.list()).streams).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('a still is named so when it is tried and in the list, in Spanish too, without a word of English', async () => {
    const { page, context, complaints } = await openStreams('es-ES');
    await page.getByRole('button', { name: 'Añadir cámara' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Dirección').fill(stillUrl);
    await dialog.getByLabel('Nombre').fill('patio');
    await dialog.getByRole('button', { name: 'Probar la dirección' }).click();
    await dialog.getByText('Es una imagen fija que se pide una y otra vez', { exact: false }).waitFor();
    await dialog.getByText('Corregir la imagen', { exact: false }).click();
    await dialog.getByLabel('Girar la imagen').selectOption('180°, está boca abajo');
    await dialog.getByLabel('Forma, ancho:alto').fill('2,35:');
    await dialog.getByText('ninguno más de ocho veces', { exact: false }).waitFor();
    expect(await dialog.innerText()).not.toMatch(/\b(picture|turn|mirror|shape|such as|must|the)\b/i);
    await dialog.getByLabel('Forma, ancho:alto').fill('2,35:1');
    await dialog.getByRole('button', { name: 'Mostrarla como queda ahora' }).click();
    await page.getByRole('application').waitFor();
    await screenshots(page, 'console-picture-es');
    await dialog.getByRole('button', { name: 'Guardar' }).click();
    const card = page.getByRole('article', { name: 'patio' });
    await card.getByText(/^Imagen fija · \d+ × \d+ · JPEG(?! · [\d.,]+ imágenes\/s)/).waitFor();
    expect(await http.streams.get('patio')).toMatchObject({ rotate: 180, aspect: '2.35:1', format: { still: true } });
    expect(complaints).toEqual([]);
    await context.close();
  });
});
