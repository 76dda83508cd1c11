// The browser client alone: a real Chromium with a camera that shows a film of numbered frames, against a service that does
// as the test says.
import type { Browser, Page } from 'playwright-core';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OK_FACES, ScriptedService, type Message, type Script } from '../clients/scripted-service.js';
import { fixture } from '../fixtures.js';
import { until } from '../server/support/service.js';
import { hasChromium, openBrowser, openPage, type Opened, type PageOptions } from './support/browser.js';
import { FILM, MARK_OF_CANVAS, markIn, writeFilm } from './support/film.js';
import { SlowLink } from './support/slow-link.js';
import { answerWithWebFolder } from './support/web-folder.js';

/** What the page below tells of itself. */
interface Told {
  readonly states: string[];
  readonly errors: string[];
  readonly results: {
    readonly seq: number;
    readonly mark: number | null;
    readonly ts: number | null;
    readonly frameTs: number | null;
  }[];
  readonly adapted: string[];
  readonly stats: Record<string, number | string>;
}

describe.skipIf(!hasChromium)('a camera of the browser', () => {
  let folder: string;
  let film: string;
  let browser: Browser;
  const toClose: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onlooker-film-'));
    film = join(folder, 'film.mjpeg');
    await writeFilm(film, await fixture('franck_01829.jpg'));
    browser = await openBrowser({ film });
  });
  afterEach(async () => {
    for (const close of toClose.splice(0).reverse()) await close();
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function scripted(script: Script = {}, port = 0): Promise<ScriptedService> {
    const service = await ScriptedService.start(
      { ...script, onRequest: (request, response) => void answerWithWebFolder(request, response) },
      port,
    );
    toClose.push(() => service.close());
    return service;
  }

  async function pageAt(url: string, options?: PageOptions): Promise<Opened> {
    const opened = await openPage(browser, options);
    toClose.push(() => opened.context.close());
    await opened.page.goto(`${url}/blank`);
    return opened;
  }

  const imageOf = (frame: Message): Uint8Array => frame['image'] as Uint8Array;

  test('is sent as JPEGs taken in a worker, never more unanswered than the credits, each result with its own frame', async () => {
    let unanswered = 0;
    let most = 0;
    const service = await scripted({
      credits: 3,
      onMessage(message, connection) {
        if (message['t'] !== 'frame') return false;
        unanswered += 1;
        most = Math.max(most, unanswered);
        setTimeout(() => {
          unanswered -= 1;
          connection.answer(message);
        }, 90);
        return true;
      },
    });
    const { page, complaints } = await pageAt(service.url);
    await opened(page, { maxFps: 60 });
    const { results, stats } = await told(page, ({ results }) => results.length >= 30);
    await closed(page);

    expect(stats['capture']).toBe('worker');
    expect(most).toBeGreaterThan(1);
    // The page counts a frame until its answer has arrived, the service until it is sent: never fewer.
    expect(stats['maxUnanswered']).toBeGreaterThanOrEqual(most);
    expect(stats['maxUnanswered']).toBeLessThanOrEqual(3);
    // In the page's bitmap of a frame and in the bytes that the service got is the same number of the film.
    const sent = new Map(service.frames().map((frame) => [frame['seq'], imageOf(frame)]));
    for (const { seq, mark, ts, frameTs } of results) {
      expect(mark).toBe(await markIn(sent.get(seq) ?? new Uint8Array()));
      expect(frameTs).toBe(ts);
    }
    expect(new Set(results.map(({ mark }) => mark)).size).toBeGreaterThan(10);
    expect(results.map(({ seq }) => seq)).toEqual(results.map((_, index) => index));
    expect(complaints).toEqual([]);
  });

  test('keeps the account: sent = ok + dropped + errors, and the service counts the same', async () => {
    const outcomes = [
      OK_FACES,
      { status: 'dropped', reason: 'superseded' },
      { status: 'error', code: 'BAD_IMAGE', message: 'no' },
    ];
    const service = await scripted({
      onMessage(message, connection) {
        if (message['t'] !== 'frame') return false;
        connection.answer(message, outcomes[Number(message['seq']) % 3]);
        return true;
      },
    });
    const { page } = await pageAt(service.url);
    await opened(page);
    await told(page, ({ results }) => results.length >= 9);
    const stats = await closed(page);
    expect(stats['sent']).toBe(service.frames().length);
    expect(Number(stats['ok']) + Number(stats['dropped']) + Number(stats['errors'])).toBe(stats['sent']);
    expect([stats['lost'], stats['unanswered']]).toEqual([0, 0]);
    expect(stats['dropped']).toBeGreaterThan(0);
  });

  test('goes as fast where only events are asked for, and no results come', async () => {
    const service = await scripted({ onMessage: (message) => message['t'] === 'frame' });
    const { page } = await pageAt(service.url);
    await opened(page, { send: 'events' });
    await told(page, ({ stats }) => Number(stats['sentFps']) > 15);
    expect((await told(page, () => true)).results).toEqual([]);
    expect(service.messages('open')[0]).toMatchObject({ send: 'events' });
  });

  test('becomes smaller on a narrow network, stays live, and is as good as before when the network is', async () => {
    const service = await scripted({ credits: 4 });
    const link = await SlowLink.start(service.port);
    toClose.push(() => link.close());
    const { page } = await pageAt(link.url);
    await opened(page);
    // On a busy machine the network may seem slow at first.
    const isWide = ({ stats }: Told): boolean => Number(stats['widthPx']) === FILM.widthPx && stats['limitedBy'] !== 'network';
    await told(page, isWide);

    link.bytesPerSecond = 60_000;
    const isNarrow = ({ stats }: Told) => Number(stats['widthPx']) < FILM.widthPx && Number(stats['roundTripMs']) < 500;
    const narrow = await told(page, isNarrow);
    expect(narrow.stats['limitedBy']).toBe('network');
    expect(narrow.adapted.length).toBeGreaterThan(0);
    const before = narrow.results.length;
    await told(page, ({ results }) => results.length > before + 5);

    link.bytesPerSecond = Infinity;
    await told(page, ({ stats }) => Number(stats['widthPx']) === FILM.widthPx && Number(stats['fps']) > 8);
  }, 180_000);

  test('becomes rarer, and none the smaller, where the service takes less', async () => {
    // Longer than a frame may wait, also where the machine is so busy that the camera itself gives few.
    let busyMs = 400;
    let freeMs = 0;
    const service = await scripted({
      credits: 2,
      onMessage(message, connection) {
        if (message['t'] !== 'frame') return false;
        const nowMs = performance.now();
        freeMs = Math.max(freeMs, nowMs) + busyMs;
        const total = freeMs - nowMs;
        setTimeout(
          () => connection.answer(message, { ...OK_FACES, timing: { ...OK_FACES.timing, queue: total - 5, total } }),
          total,
        );
        return true;
      },
    });
    const { page } = await pageAt(service.url);
    await opened(page);
    const { stats } = await told(page, ({ stats }) => stats['limitedBy'] === 'service' && Number(stats['fps']) < 10);
    expect(stats['widthPx']).toBe(FILM.widthPx);
    busyMs = 1;
    // More than it could be before; how many more is a matter of the machine.
    await told(page, ({ stats }) => Number(stats['fps']) > 10);
  }, 180_000);

  test('sends nothing while nobody can see the page or while it is paused, and goes on afterwards', async () => {
    const service = await scripted();
    const { page } = await pageAt(service.url);
    await opened(page);
    await told(page, ({ results }) => results.length > 3);

    for (const [stop, go, state] of [
      ['setHidden(true)', 'setHidden(false)', 'hidden'],
      ['camera.pause()', 'camera.resume()', 'paused'],
    ] as const) {
      await page.evaluate(stop);
      await told(page, ({ stats }) => stats['state'] === state && stats['unanswered'] === 0);
      const count = service.frames().length;
      await page.waitForTimeout(300);
      expect(service.frames().length).toBe(count);
      await page.evaluate(go);
      await told(page, ({ stats }) => stats['state'] === 'live');
      await until(() => (service.frames().length > count + 3 ? true : undefined));
    }
  });

  test('comes back by itself when the service was gone, with newer frames only', async () => {
    const first = await scripted();
    const { page } = await pageAt(first.url);
    await opened(page);
    await told(page, ({ results }) => results.length > 3);
    const { port } = first;
    await first.close();
    await told(page, ({ stats }) => stats['state'] === 'reconnecting');
    const second = await scripted({}, port);
    await told(page, ({ stats }) => stats['state'] === 'live');
    const seen = await until(() => (second.frames().length > 3 ? second.frames() : undefined));
    expect(Number(seen[0]?.['seq'])).toBeGreaterThan(3);
    const { states, stats } = await told(page, () => true);
    expect(states.slice(-2)).toEqual(['reconnecting', 'live']);
    expect(Number(stats['sent'])).toBe(
      Number(stats['ok']) +
        Number(stats['dropped']) +
        Number(stats['errors']) +
        Number(stats['lost']) +
        Number(stats['unanswered']),
    );
  });

  test('says so when it may not be used, when it is taken away, and when it is back', async () => {
    const service = await scripted();
    const refused = await pageAt(service.url, { allowsCamera: false });
    expect(await refusal(refused.page)).toEqual(['CameraError', 'permission_denied']);
    expect(service.connections).toEqual([]);

    const { page } = await pageAt(service.url);
    await opened(page);
    await told(page, ({ results }) => results.length > 3);
    await page.evaluate(`camera.video.srcObject.getVideoTracks()[0].dispatchEvent(new Event('ended'))`);
    const lost = await told(page, ({ stats }) => stats['state'] === 'camera_lost');
    expect(lost.errors).toEqual(['CameraError camera_lost']);
    await page.evaluate(`navigator.mediaDevices.dispatchEvent(new Event('devicechange'))`);
    const { results } = await told(page, ({ stats }) => stats['state'] === 'live');
    await told(page, (now) => now.results.length > results.length + 3);
  });

  test('is taken on the page where no worker may run', async () => {
    const service = await scripted();
    const { page } = await pageAt(service.url);
    await page.goto(`${service.url}/blank?no-workers`);
    await opened(page);
    const { stats, results } = await told(page, ({ results }) => results.length > 10);
    expect(stats['capture']).toBe('page');
    const sent = new Map(service.frames().map((frame) => [frame['seq'], imageOf(frame)]));
    for (const { seq, mark } of results) expect(mark).toBe(await markIn(sent.get(seq) ?? new Uint8Array()));
  });

  /** A camera of the page's making, which `turn(width, height)` turns. */
  async function turning(page: Page, widthPx: number, heightPx: number): Promise<void> {
    await page.evaluate(`(() => {
      const canvas = document.createElement('canvas');
      const context = canvas.getContext('2d');
      let count = 0;
      const turn = (width, height) => Object.assign(canvas, { width, height });
      setInterval(() => {
        context.fillStyle = 'hsl(' + (count++ % 360) + ' 50% 50%)';
        context.fillRect(0, 0, canvas.width, canvas.height);
      }, 40);
      turn(${widthPx}, ${heightPx});
      Object.assign(globalThis, { turn, turning: canvas.captureStream(25) });
    })()`);
  }

  /** Size of the newest frame that the service got. */
  async function sentSize(service: ScriptedService): Promise<string> {
    const frame = service.frames().at(-1);
    if (frame === undefined) return 'none';
    const { width, height } = await sharp(imageOf(frame)).metadata();
    return `${width}x${height}`;
  }

  test.each(['worker', 'page'])(
    'sends all that a phone has after it was turned (taken in the %s)',
    async (capture) => {
      const service = await scripted();
      const { page, complaints } = await pageAt(service.url);
      if (capture === 'page') await page.goto(`${service.url}/blank?no-workers`);
      await turning(page, 720, 1280);
      await opened(page, {}, `{ kind: 'stream', stream: turning }`);
      for (const [widthPx, heightPx] of [
        [720, 1280],
        [1280, 720],
        [720, 1280],
        [640, 480],
        [1280, 960],
      ]) {
        await page.evaluate(`turn(${widthPx}, ${heightPx})`);
        await until(async () => ((await sentSize(service)) === `${widthPx}x${heightPx}` ? true : undefined));
        const { stats } = await told(page, ({ stats }) => stats['widthPx'] === widthPx);
        expect(stats['capture']).toBe(capture);
      }
      await closed(page);
      if (capture === 'worker') expect(complaints).toEqual([]);
    },
    120_000,
  );

  test('sends all that a camera of the page has after the page asked it for more', async () => {
    const service = await scripted();
    const { page } = await pageAt(service.url);
    await page.evaluate(`navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240 } })
      .then((stream) => Object.assign(globalThis, { stream }))`);
    await opened(page, {}, `{ kind: 'stream', stream }`);
    await until(async () => ((await sentSize(service)) === '320x240' ? true : undefined));
    await page.evaluate(`stream.getVideoTracks()[0].applyConstraints({ width: 640, height: 480 })`);
    await until(async () => ((await sentSize(service)) === '640x480' ? true : undefined));
    await told(page, ({ stats }) => stats['widthPx'] === 640);
  });

  test('may be a film of the page instead, and a film that is none is refused', async () => {
    const service = await scripted();
    const { page } = await pageAt(service.url);
    const bytes = (await readFile(await fixture('cap13_edit2.mp4'))).toString('base64');
    await page.evaluate(`globalThis.film = new Blob([Uint8Array.from(atob('${bytes}'), (c) => c.charCodeAt(0))])`);
    await opened(page, {}, `{ kind: 'file', file: film }`);
    const { stats } = await told(page, ({ results }) => results.length > 5);
    expect([stats['capture'], stats['widthPx']]).toEqual(['page', 400]);
    await closed(page);
    expect(await refusal(page, `{ kind: 'file', file: new Blob(['no film']) }`)).toEqual(['CameraError', 'not_playable']);
  });
});

describe.skipIf(!hasChromium)('a device without a camera', () => {
  test('is told from one that refuses', async () => {
    const service = await ScriptedService.start({
      onRequest: (request, response) => void answerWithWebFolder(request, response),
    });
    const browser = await openBrowser();
    try {
      const { page } = await openPage(browser);
      await page.goto(`${service.url}/blank`);
      expect(await refusal(page)).toEqual(['CameraError', 'no_camera']);
    } finally {
      await browser.close();
      await service.close();
    }
  });
});

/** Opens the page's camera as `camera`, and notes what it tells. */
async function opened(page: Page, options: Readonly<Record<string, unknown>> = {}, source = `{ kind: 'camera' }`): Promise<void> {
  await page.evaluate(`(async () => {
    const { CameraStream } = await import('/client.js');
    ${MARK_OF_CANVAS}
    const canvas = new OffscreenCanvas(16, 16);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const told = { states: [], errors: [], results: [], adapted: [] };
    const camera = await CameraStream.open({ ...${JSON.stringify(options)}, source: ${source} });
    camera.on('state', (state) => told.states.push(state));
    camera.on('error', (error) => told.errors.push(error.name + ' ' + (error.code ?? '')));
    camera.on('adapted', (settings, limitedBy) => told.adapted.push(settings.widthPx + ' ' + settings.fps + ' ' + limitedBy));
    camera.on('result', ({ seq, ts }, frame) => {
      let mark = null;
      if (frame) {
        Object.assign(canvas, { width: frame.widthPx, height: frame.heightPx });
        context.drawImage(frame.image, 0, 0);
        mark = markOf(context, frame.widthPx);
      }
      told.results.push({ seq, ts, mark, frameTs: frame ? frame.ts : null });
    });
    const setHidden = (isHidden) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, value: isHidden ? 'hidden' : 'visible' });
      document.dispatchEvent(new Event('visibilitychange'));
    };
    Object.assign(globalThis, { camera, told, setHidden });
  })()`);
}

/** Waits until what the page tells is as expected. */
function told(page: Page, isExpected: (told: Told) => boolean, timeoutMs = 45_000): Promise<Told> {
  let last: Told | undefined;
  return until(async () => {
    last = await page.evaluate<Told>(`({ ...told, stats: camera.stats })`);
    return isExpected(last) ? last : undefined;
  }, timeoutMs).catch(() => {
    throw new Error(`waited in vain: ${JSON.stringify({ ...last, results: last?.results.length })}`);
  });
}

async function closed(page: Page): Promise<Told['stats']> {
  return page.evaluate<Told['stats']>(`camera.close().then(() => camera.stats)`);
}

function refusal(page: Page, source = `{ kind: 'camera' }`): Promise<unknown> {
  return page.evaluate(`import('/client.js').then(({ CameraStream }) =>
    CameraStream.open({ source: ${source} }).then(() => 'opened', (error) => [error.name, error.code]))`);
}
