// Who was seen when, over HTTP, as functions. For browsers and Node alike; no state of its own.
import type { PresenceAnswer } from '../protocol/presence.js';
import { jsonOf, successful, type Requester } from './http-request.js';

export type { PresenceAnswer };

export interface PresenceAsked {
  /** Days such as 2026-11-30; today where neither is named. */
  readonly from?: string;
  readonly to?: string;
  /** IANA name of the time zone; by default that of the timetable, or of the service's machine. */
  readonly tz?: string;
  /** Id of the only person. */
  readonly person?: string;
  readonly stream?: string;
}

export function presenceFunctions(request: Requester) {
  return {
    days: (asked: PresenceAsked = {}) => jsonOf<PresenceAnswer>(request('/v1/presence', { query: { ...asked }, timeoutMs: 0 })),
    /** The same as a table for spreadsheets. */
    csv: async (asked: PresenceAsked = {}): Promise<string> =>
      (await successful(await request('/v1/presence', { query: { ...asked, format: 'csv' }, timeoutMs: 0 }))).text(),
  };
}
