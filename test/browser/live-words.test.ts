// What the live view says: the console in a real Chromium, against a service that answers as the test says.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OK_FACES, ScriptedService, type Message } from '../clients/scripted-service.js';
import { fixture } from '../fixtures.js';
import { hasChromium, openBrowser, openPage, type Opened } from './support/browser.js';
import { writeFilm } from './support/film.js';
import { screenshots } from './support/screenshot.js';
import { answerWithWebFolder } from './support/web-folder.js';

/** A face that looks straight ahead, 160 px wide. */
const FACE = {
  box: [240, 160, 160, 200],
  score: 0.99,
  landmarks: [
    [280, 230],
    [360, 230],
    [320, 270],
    [290, 310],
    [350, 310],
  ],
  quality: 0.95,
  track: '01m7y5ykje1h8es88g4125kvdn',
  person: null,
  candidates: [],
};
const ADA = { id: 'a', name: 'Ada', similarity: 0.52 };
const GRACE = { id: 'g', name: 'Grace', similarity: 0.5 };

describe.skipIf(!hasChromium)('the live view says', () => {
  let folder: string;
  let browser: Browser;
  let service: ScriptedService;
  let opened: Opened;
  /** What each frame is answered; a function is called for each. */
  let answer: (frame: Message) => Message = () => OK_FACES;
  let delayMs = 5;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onlooker-film-'));
    const film = join(folder, 'film.mjpeg');
    await writeFilm(film, await fixture('franck_01829.jpg'));
    browser = await openBrowser({ film });
    let freeMs = 0;
    service = await ScriptedService.start({
      onRequest: (request, response) => void answerWithWebFolder(request, response),
      onMessage(message, connection) {
        if (message['t'] !== 'frame') return false;
        const nowMs = performance.now();
        freeMs = Math.max(freeMs, nowMs) + delayMs;
        const total = freeMs - nowMs;
        const outcome = answer(message);
        const timing = { ...OK_FACES.timing, queue: Math.max(0, total - 5), total };
        setTimeout(() => connection.answer(message, outcome['status'] === 'ok' ? { ...outcome, timing } : outcome), total);
        return true;
      },
    });
  });
  afterEach(async () => {
    await opened.context.close();
    answer = () => OK_FACES;
    delayMs = 5;
  });
  afterAll(async () => {
    await browser.close();
    await service.close();
    await rm(folder, { recursive: true, force: true });
  });

  const facesOf = (...faces: readonly object[]) => ({ ...OK_FACES, faces });
  async function live(language = 'en-GB'): Promise<Page> {
    opened = await openPage(browser, { language });
    await opened.page.goto(`${service.url}/#/live`);
    return opened.page;
  }

  test.each([
    ['that no face is to be seen', facesOf(), /No face to be seen/],
    ['that nobody is enrolled', facesOf({ ...FACE, reason: 'empty_gallery' }), /Nobody is enrolled yet/],
    ['that somebody is unknown', facesOf({ ...FACE, reason: 'below_threshold', candidates: [ADA] }), /Nobody who is enrolled/],
    [
      'between whom it cannot tell',
      facesOf({ ...FACE, reason: 'ambiguous', candidates: [ADA, GRACE] }),
      /Could be Ada or Grace: too close to tell/,
    ],
    [
      'that a face is too small',
      facesOf({ ...FACE, box: [300, 200, 14, 18], quality: 0.2, reason: 'low_quality' }),
      /too small: come closer/,
    ],
    ['that a face is blurred', facesOf({ ...FACE, quality: 0.2, reason: 'low_quality' }), /blurred: hold still/],
    [
      'that a face is turned away',
      facesOf({
        ...FACE,
        landmarks: [
          [300, 230],
          [330, 230],
          [375, 270],
          [305, 310],
          [332, 310],
        ],
        quality: 0.25,
        reason: 'low_quality',
      }),
      /turned away/,
    ],
    ['that it is still looking', facesOf({ ...FACE, reason: 'too_few_frames', candidates: [ADA] }), /a few more frames/],
    ['who is recognised', facesOf({ ...FACE, person: ADA }, { ...FACE, person: GRACE }), /Recognised: Ada, Grace/],
  ])('%s', async (_what, outcome, text) => {
    answer = () => outcome;
    const page = await live();
    await page.locator('.live-status', { hasText: text }).waitFor();
    expect(opened.complaints.filter((complaint) => !complaint.includes('404'))).toEqual([]);
  });

  test('the same in Spanish', async () => {
    answer = () => facesOf({ ...FACE, reason: 'ambiguous', candidates: [ADA, GRACE] });
    const page = await live('es-ES');
    await page.locator('.live-status', { hasText: 'Podría ser Ada o Grace' }).waitFor();
    await screenshots(page, 'live-spanish');
  });

  test('that the service has too much to do, and the page stays quick', async () => {
    answer = ({ seq }) =>
      Number(seq) % 3 === 0 ? facesOf({ ...FACE, person: ADA }) : { status: 'dropped', reason: 'superseded' };
    delayMs = 120;
    const page = await live();
    await page.locator('.live-load', { hasText: /The service is busy: \d+ pictures a second/ }).waitFor();
    // And it still says who is there.
    await page.locator('.live-status', { hasText: 'Recognised: Ada' }).waitFor();
    await screenshots(page, 'live-overloaded');
    // The page's thread is never held: a repaint comes whenever it is asked for.
    const repaints = await page.evaluate(async () => {
      let count = 0;
      const endMs = performance.now() + 1_000;
      while (performance.now() < endMs) {
        await new Promise(requestAnimationFrame);
        count += 1;
      }
      return count;
    });
    expect(repaints).toBeGreaterThan(15);
  });
});
