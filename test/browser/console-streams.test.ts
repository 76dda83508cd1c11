// Cameras in the console, in a real browser against a real service and real RTSP cameras: tried, saved, seen, changed, deleted.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createHttpClient, type HttpClient } from '../../clients/http-client.js';
import { fixture } from '../fixtures.js';
import { startService, until, type RunningService } from '../server/support/service.js';
import { recordClip, type RtpClip } from '../sources/camera/rtp-clip.js';
import { serveClip, type Camera } from '../sources/camera/rtsp-camera.js';
import { hasChromium, openBrowser, openPage, type Opened } from './support/browser.js';

const PASSWORD = 'correct-horse';

describe.skipIf(!hasChromium)('streams in the console', () => {
  let service: RunningService;
  let http: HttpClient;
  let browser: Browser;
  let clip: RtpClip;
  let camera: Camera;

  beforeAll(async () => {
    clip = await recordClip({ video: await fixture('franck.mp4'), size: '640x512', seconds: 6 });
    camera = await serveClip(clip, { user: 'viewer', password: PASSWORD });
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
  });

  async function openStreams(): Promise<Opened> {
    const opened = await openPage(browser);
    await opened.page.goto(`${service.url}/#/streams`);
    await opened.page.getByRole('heading', { level: 1, name: 'Streams' }).waitFor();
    return opened;
  }
  const cardOf = (page: Page, id: string) => page.getByRole('article', { name: id });
  /** Pixels were really decoded, and how many. */
  const widthOf = (page: Page, selector: string): Promise<number> =>
    page.locator(selector).evaluate((image: HTMLImageElement) => (image.complete ? image.naturalWidth : 0));

  test('a camera is tried, shows its first picture, gets a region drawn on it, is saved, and is seen live', async () => {
    const { page, context, complaints } = await openStreams();
    await page.getByRole('button', { name: 'Add camera' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Address').fill(camera.url);
    await dialog.getByRole('button', { name: 'Test address' }).click();
    await dialog.getByText('this is its first picture').waitFor();
    expect(await widthOf(page, '.streams-draw img')).toBe(640);
    expect((await http.streams.list()).streams).toEqual([]);

    const box = await page.locator('.streams-draw').boundingBox();
    if (!box) throw new Error('no picture to draw on');
    await page.mouse.move(box.x + box.width * 0.25, box.y + box.height * 0.1);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + box.height * 0.9, { steps: 4 });
    await page.mouse.up();
    await dialog.getByText('Looked at: 50%', { exact: false }).waitFor();
    await page.keyboard.press('ArrowRight');
    await dialog.getByText('from 27% left', { exact: false }).waitFor();
    await dialog.getByLabel('Name').fill('front-door');
    await dialog.getByRole('button', { name: 'Save' }).click();

    const card = cardOf(page, 'front-door');
    await card.getByText('Live', { exact: true }).waitFor();
    await card.getByRole('img', { name: 'Newest picture of front-door' }).waitFor();
    await until(async () => ((await widthOf(page, '.streams-picture img')) === 640 ? true : undefined));
    const [saved] = (await http.streams.list()).streams;
    expect(saved).toMatchObject({ id: 'front-door', task: 'faces', thumbnails: true, fps: 5 });
    expect(saved?.region?.[0]).toBeCloseTo(0.27, 1);
    expect(await page.content()).not.toContain(PASSWORD);
    // Another one comes by itself.
    const first = await card.getByRole('img').getAttribute('src');
    await until(async () => ((await card.getByRole('img').getAttribute('src')) === first ? undefined : true));
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('a wrong address says why and what to do, and may be saved all the same', async () => {
    const { page, context } = await openStreams();
    await page.getByRole('button', { name: 'Add camera' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Address').fill(camera.url.replace(PASSWORD, 'wrong'));
    await dialog.getByLabel('Name').fill('garage');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('refuses the user name or the password', { exact: false }).waitFor();
    await dialog.getByText('must be escaped', { exact: false }).waitFor();
    expect((await http.streams.list()).streams).toEqual([]);
    await dialog.getByLabel('Address').fill('rtsp://127.0.0.1:9/none');
    await dialog.getByRole('button', { name: 'Test address' }).click();
    await dialog.getByText('The connection is refused', { exact: false }).waitFor();
    await dialog.getByLabel('Address').fill('file:///etc/passwd');
    await dialog.getByRole('button', { name: 'Test address' }).click();
    await dialog.getByText('must begin with rtsp://', { exact: false }).waitFor();
    // What the service would never take is not offered to be saved.
    expect(await dialog.getByRole('button', { name: 'Save', exact: true }).count()).toBe(1);
    expect(await dialog.getByText('You can save it all the same', { exact: false }).count()).toBe(0);
    await dialog.getByLabel('Address').fill('rtsp://127.0.0.1:9/none');
    await dialog.getByRole('button', { name: 'Test address' }).click();
    await dialog.getByRole('button', { name: 'Save all the same' }).click();
    await cardOf(page, 'garage').getByText('The connection is refused', { exact: false }).waitFor();
    await context.close();
  });

  test('a camera is edited without its password, switched off and on, and a camera that dies says so and comes back', async () => {
    const second = await serveClip(clip, { user: 'viewer', password: PASSWORD });
    await http.streams.add({ id: 'yard', url: second.url });
    const { page, context } = await openStreams();
    const card = cardOf(page, 'yard');
    await card.getByText('Live', { exact: true }).waitFor();
    await card.getByRole('button', { name: 'Edit' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('*** stands for what is kept', { exact: false }).waitFor();
    await dialog.getByLabel('Pictures a second').fill('2');
    await dialog.getByRole('button', { name: 'Test address' }).click();
    await dialog.getByText('this is its first picture').waitFor();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await http.streams.get('yard')).toMatchObject({ fps: 2 });
    await card.getByText('Live', { exact: true }).waitFor();

    await card.getByRole('switch', { name: 'Watched' }).click();
    await card.getByText('Off', { exact: true }).waitFor();
    expect(await http.streams.get('yard')).toMatchObject({ enabled: false, state: 'disabled' });
    await card.getByRole('switch', { name: 'Watched' }).click();
    await card.getByText('Live', { exact: true }).waitFor();

    await second.kill();
    await card.getByText('Trying again', { exact: true }).waitFor();
    await card.getByText('Last picture').waitFor();
    await second.restart();
    await card.getByText('Live', { exact: true }).waitFor();
    await context.close();
    await second.close();
  });

  test('a deletion can be undone until its time is over', async () => {
    await http.streams.add({ id: 'roof', url: camera.url, enabled: false });
    const { page, context, complaints } = await openStreams();
    const card = cardOf(page, 'roof');
    await card.getByRole('button', { name: 'Delete' }).click();
    await card.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await card.waitFor();
    expect((await http.streams.get('roof')).id).toBe('roof');
    await card.getByRole('button', { name: 'Delete' }).click();
    // Leaving the page is no way to keep it by accident.
    await page.goto('about:blank');
    await until(async () => ((await http.streams.list()).streams.length === 0 ? true : undefined));
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('the first wrong field takes the focus, and what the service refuses is told in the dialog', async () => {
    const { page, context } = await openStreams();
    await page.getByRole('button', { name: 'Add camera' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Address').fill('rtsp://127.0.0.1:9/none');
    await dialog.getByLabel('Name').fill('no spaces here');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.locator('input:focus[maxlength="64"][aria-invalid="true"]').waitFor();
    await dialog.getByLabel('Name').fill('porch');
    await dialog.getByRole('button', { name: 'Test address' }).click();
    const save = dialog.getByRole('button', { name: 'Save all the same' });
    await save.waitFor();
    await http.streams.add({ id: 'porch', url: camera.url, enabled: false });
    await page.route('**/v1/streams?*', (route) => route.abort());
    await save.click();
    await dialog.getByText(/There is a stream of this name already/).waitFor();
    await page.keyboard.press('Escape');
    await context.close();
  });

  test('while the service cannot be reached no camera is said to be live', async () => {
    await http.streams.add({ id: 'attic', url: camera.url, enabled: false });
    const { page, context } = await openStreams();
    await cardOf(page, 'attic').waitFor();
    await page.route('**/v1/streams?*', (route) => route.abort());
    await page.getByText('shown as they were', { exact: false }).waitFor();
    expect(await page.locator('.streams-stale').count()).toBe(1);
    await page.unroute('**/v1/streams?*');
    await page.locator('.streams-stale').waitFor({ state: 'detached' });
    await context.close();
  });

  test('pictures are asked for only while somebody sees them', async () => {
    await http.streams.add({ id: 'porch', url: camera.url });
    const { page, context } = await openStreams();
    let asked = 0;
    page.on('request', (request) => (asked += request.url().includes('snapshot.jpg') ? 1 : 0));
    await until(() => (asked > 0 ? true : undefined));
    await page.evaluate(() => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
    });
    await page.waitForTimeout(2_500);
    const before = asked;
    await page.waitForTimeout(4_500);
    expect(asked).toBe(before);
    await context.close();
  });
});
