// What is measured inside of the console's page: runs in the browser, before anything of the page and while it is open.
import type { Page } from 'playwright-core';
import { until } from '../../test/server/support/service.js';

export interface FirstTimes {
  /** Ms since the page was asked for. */
  readonly firstPaintMs: number;
  readonly firstFrameMs: number;
  readonly firstNameMs: number;
  /** Sum of the layout shifts, as browsers score them. */
  readonly layoutShift: number;
}

export interface Smoothness {
  readonly repaintsPerSecond: number;
  readonly longestGapMs: number;
  /** What the page says meanwhile, and the rate that it shows. */
  readonly status: string;
  readonly load: string;
  readonly figures: string;
}

/** To be called before the page is opened. */
export async function watchFirsts(page: Page): Promise<void> {
  await page.addInitScript(`
    globalThis.firsts = { layoutShift: 0 };
    new PerformanceObserver((list) => {
      for (const shift of list.getEntries()) if (!shift.hadRecentInput) firsts.layoutShift += shift.value;
    }).observe({ type: 'layout-shift', buffered: true });
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await ask(wanted);
      const video = Object.assign(document.createElement('video'), { srcObject: stream, muted: true });
      video.requestVideoFrameCallback(() => {
        firsts.firstFrameMs = performance.now();
        video.srcObject = null;
      });
      void video.play();
      return stream;
    };
    const look = () => {
      const text = document.querySelector('.live-status')?.textContent ?? '';
      if (text.startsWith('Recognised')) firsts.firstNameMs = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  `);
}

export async function firstTimes(page: Page): Promise<FirstTimes> {
  // Playwright's own waiting makes code from text, which the page's policy forbids.
  await until(async () => ((await page.evaluate('firsts.firstNameMs !== undefined')) ? true : undefined));
  return page.evaluate<FirstTimes>(`({
    ...firsts,
    firstPaintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
  })`);
}

export function smoothness(page: Page, seconds: number): Promise<Smoothness> {
  return page.evaluate<Smoothness>(`(async () => {
    const startMs = performance.now();
    let repaints = 0;
    let lastMs = startMs;
    let longestGapMs = 0;
    while (lastMs - startMs < ${seconds * 1000}) {
      await new Promise(requestAnimationFrame);
      const nowMs = performance.now();
      longestGapMs = Math.max(longestGapMs, nowMs - lastMs);
      lastMs = nowMs;
      repaints += 1;
    }
    const textOf = (selector) => document.querySelector(selector)?.textContent ?? '';
    const repaintsPerSecond = (1000 * repaints) / (lastMs - startMs);
    return { repaintsPerSecond, longestGapMs, status: textOf('.live-status'), load: textOf('.live-load'), figures: textOf('.live-figures') };
  })()`);
}
