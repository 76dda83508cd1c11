// The console behind a proxy that serves it under a path, in a real browser: in a frame of Home Assistant's ingress, which takes
// the path away, and behind a proxy that hands it on.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OnlookerClient } from '../../clients/client.js';
import { createHttpClient } from '../../clients/http-client.js';
import { fixture } from '../fixtures.js';
import { Proxy } from '../server/support/proxy.js';
import { startService, until, type RunningService } from '../server/support/service.js';
import { hasChromium, openBrowser, openPage, type Opened } from './support/browser.js';
import { writeFilm } from './support/film.js';

const INGRESS = '/api/hassio_ingress/cG9_rch-Yx0';
const FRAME = `<!doctype html><title>Home</title><link rel="icon" href="data:,"><iframe src="${INGRESS}/" allow="camera" width="1200" height="700"></iframe>`;

describe.skipIf(!hasChromium)('the console under a path', () => {
  let folder: string;
  let browser: Browser;
  let image: Uint8Array;
  const closing: (() => Promise<unknown>)[] = [];
  let opened: Opened;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onlooker-path-'));
    const picture = await fixture('franck_01829.jpg');
    image = await readFile(picture);
    await writeFilm(join(folder, 'film.mjpeg'), picture);
    browser = await openBrowser({ film: join(folder, 'film.mjpeg') });
  });
  afterEach(async () => {
    await opened.context.close();
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function started(env: Readonly<Record<string, string>>): Promise<RunningService> {
    const service = await startService(env);
    closing.push(() => service.stop());
    return service;
  }
  async function proxied(options: Parameters<typeof Proxy.start>[0]): Promise<Proxy> {
    const proxy = await Proxy.start(options);
    closing.push(() => proxy.close());
    return proxy;
  }

  test('works in a frame of Home Assistant: live picture, events, people with their pictures, every view', async () => {
    const { port } = await started({ ONLOOKER_FRAME_ANCESTORS: 'self', ONLOOKER_TRUSTED_PROXIES: 'loopback' });
    const proxy = await proxied({ port, path: INGRESS, page: FRAME, headers: { 'x-ingress-path': INGRESS } });
    const http = createHttpClient(proxy.url + INGRESS);
    const ada = await http.people.create({ name: 'Ada Lovelace' });
    await http.faces.enrol(ada.id, image);

    opened = await openPage(browser);
    const { page, complaints } = opened;
    await page.goto(proxy.url);
    const frame = page.frameLocator('iframe');
    await frame.locator('.live-status', { hasText: 'Recognised: Ada Lovelace' }).waitFor();
    for (const view of ['People', 'Streams', 'Events', 'System']) {
      await frame.getByRole('link', { name: view }).first().click();
      await frame.getByRole('heading', { level: 1, name: view }).first().waitFor();
      if (view !== 'People') continue;
      const picture = frame.getByRole('main').locator('img').first();
      await until(async () => ((await picture.evaluate((shown: HTMLImageElement) => shown.naturalWidth)) > 0 ? true : undefined));
    }
    expect(proxy.strays).toEqual([]);
    expect(complaints).toEqual([]);
  }, 60_000);

  test('is in no frame unless that is allowed', async () => {
    const { port } = await started({});
    const proxy = await proxied({ port, path: INGRESS, page: FRAME });
    opened = await openPage(browser);
    await opened.page.goto(proxy.url);
    await until(() => opened.complaints.find((text) => text.includes('frame-ancestors')));
    expect(await opened.page.frameLocator('iframe').locator('#app').count()).toBe(0);
  });

  test('works behind a proxy that hands the path on, which the service is told of', async () => {
    const { port, url } = await started({ ONLOOKER_BASE_PATH: '/cams/door/' });
    const proxy = await proxied({ port, path: '/cams/door', strips: false });
    opened = await openPage(browser);
    // Without the slash the page's relative addresses would lead elsewhere.
    await opened.page.goto(`${proxy.url}/cams/door`);
    await opened.page
      .getByText(/In view|faces?/i)
      .first()
      .waitFor();
    expect(opened.page.url()).toMatch(/\/cams\/door\/(#.*)?$/);
    await until(async () =>
      (await createHttpClient(url).metrics()).includes('onlooker_frames_total{outcome="ok"} 0') ? undefined : true,
    );
    expect([proxy.strays, opened.complaints]).toEqual([[], []]);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect((await fetch(`${url}/elsewhere/health`)).status).toBe(404);
  });

  test('its module finds the service that it came from, and so do the clients of Node', async () => {
    const { port } = await started({});
    const proxy = await proxied({ port, path: INGRESS, page: '<!doctype html><link rel="icon" href="data:,">' });
    opened = await openPage(browser);
    await opened.page.goto(proxy.url);
    const status = await opened.page.evaluate(`import('${INGRESS}/client.js').then(async ({ CameraStream }) => {
      const camera = await CameraStream.open();
      const first = await new Promise((resolve) => camera.on('result', ({ status }) => resolve(status)));
      await camera.close();
      return first;
    })`);
    expect(status).toBe('ok');

    for (const address of [
      proxy.url + INGRESS,
      `${proxy.url}${INGRESS}/`,
      `${proxy.url.replace('http', 'ws')}${INGRESS}/v1/ws`,
    ]) {
      await createHttpClient(address).health();
      const client = await OnlookerClient.connect(address);
      await (await client.open({ stream: 'door' })).close();
      await client.close();
    }
    expect([proxy.strays, opened.complaints]).toEqual([[], []]);
  });
});
