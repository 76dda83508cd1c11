// A real Chromium for tests, with a camera that shows a film. One for a test file; each test has a context of its own.
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { findChromium } from './find-chromium.js';

export const hasChromium = findChromium() !== undefined;

export interface BrowserOptions {
  /** Motion JPEG that the camera shows, again and again; without one there is no camera. */
  readonly film?: string;
}

export function openBrowser({ film }: BrowserOptions = {}): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium on this machine');
  const camera = film === undefined ? [] : ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${film}`];
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...camera,
    ],
  });
}

export interface Opened {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the page complained of: errors, refused loads, broken policy. A test says that it is empty. */
  readonly complaints: string[];
}

export interface PageOptions {
  readonly allowsCamera?: boolean;
  readonly theme?: 'light' | 'dark';
  readonly widthPx?: number;
  readonly heightPx?: number;
  readonly language?: string;
}

/** A page in a context of its own: no cookies, no storage, and no permissions but those given here. */
export async function openPage(
  browser: Browser,
  { allowsCamera = true, theme = 'light', widthPx = 1280, heightPx = 800, language = 'en-GB' }: PageOptions = {},
): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width: widthPx, height: heightPx },
    colorScheme: theme,
    locale: language,
    permissions: allowsCamera ? ['camera'] : [],
  });
  // A busy machine needs its time; what is wrong is told all the same.
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { context, page, complaints };
}
