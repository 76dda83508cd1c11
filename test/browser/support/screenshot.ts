// Pictures of the console for the eyes of people: nothing is compared with them.
import type { Page } from 'playwright-core';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../../dist/screenshots/', import.meta.url));

/** Writes dist/screenshots/<name>-light.png and -dark.png. */
export async function screenshots(page: Page, name: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await page.screenshot({ path: `${FOLDER}${name}-${theme}.png`, animations: 'disabled' });
  }
}
