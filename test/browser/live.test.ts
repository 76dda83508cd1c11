// The console's live view in a real Chromium against a real service: from the first picture of the camera to the name.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { asBody, asJson } from '../server/support/images.js';
import { startService, until, type RunningService } from '../server/support/service.js';
import { hasChromium, openBrowser, openPage, type Opened, type PageOptions } from './support/browser.js';
import { FILM, MARK, facePositionPx, markIn, writeFilm } from './support/film.js';
import { screenshots } from './support/screenshot.js';
import { memoryOf } from './support/page-memory.js';
import { WireTap } from './support/wire-tap.js';

describe.skipIf(!hasChromium)('the live view', () => {
  let folder: string;
  let browser: Browser;
  let service: RunningService;
  let opened: Opened | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onlooker-film-'));
    const film = join(folder, 'film.mjpeg');
    await writeFilm(film, await fixture('franck_01829.jpg'));
    browser = await openBrowser({ film });
    service = await startService({ ONLOOKER_MEDIA_DIR: dirname(await fixture('franck.mp4')) });
  });
  afterEach(async () => {
    await opened?.context.close();
    opened = undefined;
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function live(
    address = '#/live',
    options?: PageOptions,
    { url } = service,
  ): Promise<{ readonly page: Page; readonly tap: WireTap }> {
    opened = await openPage(browser, options);
    const tap = new WireTap(opened.page);
    await opened.page.goto(`${url}/${address}`);
    return { page: opened.page, tap };
  }

  test('draws each answered frame with its own boxes, which move with the face', async () => {
    const { page, tap } = await live();
    const marks = new Set<number>();
    const offsets: number[] = [];
    for (let look = 0; look < 15; look++) {
      const { seq, mark, row, left, scale } = await drawn(page, tap);
      // The number in the picture on the screen is that of the frame which the boxes are of.
      expect(mark).toBe(await markIn(tap.sent(seq) ?? new Uint8Array()));
      const [x, , width] = boxOf(tap, seq);
      expect(isOneOf(row[Math.floor(left + x * scale)] ?? [], COLOURS)).toBe(true);
      offsets.push(x + width / 2 - facePositionPx(mark));
      marks.add(mark);
      await page.waitForTimeout(60);
    }
    expect(marks.size).toBeGreaterThan(5);
    // And the boxes are where the face is in that very frame of the film: a frame too late would be off by a step to one
    // side on its way to the right, and to the other on its way back.
    const [middle = 0] = [...offsets].sort((one, other) => one - other).slice(offsets.length / 2);
    for (const offset of offsets) expect(Math.abs(offset - middle)).toBeLessThan(1.5 * FILM.stepPx);
  });

  test('enrols who is in front of the camera, knows them again after a reload, and forgets them when they are deleted', async () => {
    const { page } = await live();
    await says(page, /Nobody is enrolled yet/);
    await page.getByRole('button', { name: 'Enrol' }).click();
    await page.getByLabel('Name').fill('Ada Lovelace');
    await screenshots(page, 'live-enrol');
    await page.getByRole('dialog').getByRole('button', { name: 'Enrol' }).click();
    await says(page, /Recognised: Ada Lovelace/);
    await screenshots(page, 'live-named');

    await page.reload();
    await says(page, /Recognised: Ada Lovelace/);

    const { people } = (await (await fetch(`${service.url}/v1/people`)).json()) as { people: { id: string; name: string }[] };
    expect(people.map(({ name }) => name)).toEqual(['Ada Lovelace']);
    await fetch(`${service.url}/v1/people/${people[0]?.id ?? ''}`, { method: 'DELETE' });
    await says(page, /Nobody is enrolled yet/);
    await until(async () => ((await page.getByText('Ada Lovelace').count()) === 0 ? true : undefined));
    expect(opened?.complaints).toEqual([]);
  });

  test('shows a registered stream, each picture with its own result', async () => {
    await fetch(`${service.url}/v1/streams`, {
      method: 'POST',
      body: JSON.stringify({ id: 'door', url: 'media:franck.mp4', loop: true, fps: 5 }),
      headers: { 'content-type': 'application/json' },
    });
    const { id } = (await (
      await fetch(`${service.url}/v1/people`, { method: 'POST', body: asJson({ name: 'Franck' }) })
    ).json()) as { id: string };
    const still = await readFile(await fixture('franck_01829.jpg'));
    await fetch(`${service.url}/v1/people/${id}/faces`, { method: 'POST', body: asBody(still) });
    const { page } = await live('#/live?stream=door');
    await page.waitForSelector('canvas[data-seq]');
    await says(page, /Recognised: Franck/);
    await screenshots(page, 'live-stream');
    await fetch(`${service.url}/v1/people/${id}`, { method: 'DELETE' });
    await says(page, /Nobody is enrolled yet/);
    await fetch(`${service.url}/v1/streams/door`, { method: 'DELETE' });
    expect(opened?.complaints.filter((text) => !text.includes('404'))).toEqual([]);
  });

  test('does not grow while it is open', async () => {
    const { page } = await live();
    await says(page, /Nobody is enrolled yet/);
    const isAt = (frame: number) => until(async () => ((await seqOf(page)) > frame ? true : undefined), 40_000);
    await isAt(150);
    const before = await memoryOf(page);
    await isAt(500);
    const after = await memoryOf(page);
    expect(after.nodes).toBeLessThan(before.nodes + 50);
    expect(after.heapMiB).toBeLessThan(before.heapMiB + 2);
  }, 90_000);

  test('plays a video that is opened, and goes on with it where something else is opened', async () => {
    const { page } = await live('#/live', { allowsCamera: false });
    await page.setInputFiles('input[type=file]', await fixture('cap13_edit2.mp4'));
    await page.waitForSelector('canvas[data-seq]');
    await page.setInputFiles('input[type=file]', await fixture('franck_01829.jpg'));
    await page.getByText('franck_01829.jpg is not a video that can be played here').waitFor();
    const before = await seqOf(page);
    await until(async () => ((await seqOf(page)) > before ? true : undefined));
  });

  test('says so when the camera may not be used, and starts when it may', async () => {
    const { page } = await live('#/live', { allowsCamera: false });
    await page.getByRole('button', { name: 'Use this device’s camera' }).click();
    await says(page, /was not allowed to use the camera/);
    await screenshots(page, 'live-refused');
    await opened?.context.grantPermissions(['camera']);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.waitForSelector('canvas[data-seq]');
  });

  test('goes on by itself when the service was killed and is back', async () => {
    // Not of the ports that the system gives to whoever connects: it could not be taken again.
    const port = String(20_000 + Math.floor(10_000 * Math.random()));
    const first = await startService({ ONLOOKER_PORT: port });
    const { page } = await live('#/live', {}, first);
    await page.waitForSelector('canvas[data-seq]');
    first.signal('SIGKILL');
    await first.exited();
    await says(page, /cannot be reached at the moment/);
    await screenshots(page, 'live-reconnecting');
    await first.stop();
    const second = await startService({ ONLOOKER_PORT: port });
    try {
      await says(page, /Nobody is enrolled yet/, 30_000);
    } finally {
      await second.stop();
    }
  });
});

/** What the overlay draws with: named, ambiguous, unknown, anything else. */
const COLOURS = ['34d27b', 'ffb020', 'ff6b5e', '9fb6ff'].map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
/** A line of the film that goes through the face. */
const FACE_LINE_PX = 270;

interface Face {
  readonly box: readonly [number, number, number, number];
}

interface Drawn {
  readonly seq: number;
  readonly mark: number;
  /** Colours along a line through the face, and where on it the film begins. */
  readonly row: readonly (readonly number[])[];
  readonly left: number;
  readonly scale: number;
}

/** What is on the screen at one moment: the frame's number in its pixels, the frame that it says it is, and its boxes' edges. */
async function drawn(page: Page, tap: WireTap): Promise<Drawn> {
  return until(async () => {
    const seen = await page.evaluate(
      ({ film, mark, line }) => {
        const canvas = document.querySelector<HTMLCanvasElement>('canvas[data-seq]');
        const context = canvas?.getContext('2d');
        if (!canvas || !context) return undefined;
        const scale = Math.min(canvas.width / film.widthPx, canvas.height / film.heightPx);
        const left = (canvas.width - film.widthPx * scale) / 2;
        const top = (canvas.height - film.heightPx * scale) / 2;
        const at = (x: number, y: number) => [...context.getImageData(Math.round(x), Math.round(y), 1, 1).data];
        const squares = Array.from({ length: mark.squares }, (_, index) =>
          at(left + (index + 0.5) * mark.sizePx * scale, top + (mark.sizePx / 2) * scale),
        );
        const { data } = context.getImageData(0, Math.round(top + line * scale), canvas.width, 1);
        return {
          seq: Number(canvas.dataset['seq']),
          mark: squares.reduce((number, [grey = 0]) => 2 * number + (grey > 127 ? 1 : 0), 0),
          row: Array.from({ length: canvas.width }, (_, x) => [...data.slice(4 * x, 4 * x + 3)]),
          left,
          scale,
        };
      },
      { film: FILM, mark: MARK, line: FACE_LINE_PX },
    );
    return seen && hasBox(tap, seen.seq) ? seen : undefined;
  });
}

/** The first face's box in pixels of the film, whatever width the page sent the frame at: a busy machine makes it smaller. */
function boxOf(tap: WireTap, seq: number): readonly [number, number, number, number] {
  const { faces = [], width = FILM.widthPx } = (tap.heard(seq) ?? {}) as {
    readonly faces?: readonly Face[];
    readonly width?: number;
  };
  const [x, y, wide, tall] = faces[0]?.box ?? [0, 0, 0, 0];
  const scale = FILM.widthPx / width;
  return [x * scale, y * scale, wide * scale, tall * scale];
}
const hasBox = (tap: WireTap, seq: number): boolean => boxOf(tap, seq)[2] > 0;

function isOneOf(colour: readonly number[], colours: readonly (readonly number[])[]): boolean {
  return colours.some((known) => known.every((value, index) => Math.abs(value - (colour[index] ?? 0)) < 30));
}

const seqOf = (page: Page): Promise<number> =>
  page.evaluate(() => Number(document.querySelector<HTMLElement>('canvas[data-seq]')?.dataset['seq'] ?? -1));

async function says(page: Page, text: RegExp, timeoutMs = 45_000): Promise<void> {
  await page.locator('.live-status', { hasText: text }).waitFor({ timeout: timeoutMs });
}
