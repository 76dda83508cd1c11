// What a stream is called for people: its id, but for the cameras of browsers, whose ids are made up by the client.
import { t } from '../i18n/i18n.js';

const OF_A_BROWSER = /^browser-[0-9a-f]{8}([0-9a-f]{4})$/;

export const isOfABrowser = (id: string): boolean => OF_A_BROWSER.test(id);

export function streamName(id: string): string {
  const [, end] = OF_A_BROWSER.exec(id) ?? [];
  return end === undefined ? id : t('events.browser_stream', { end });
}
