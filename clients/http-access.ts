// API keys, sessions and tickets over HTTP, as functions. For browsers and Node alike; no state of its own: the session of a
// browser is a cookie that no script can read.
import type { Role, SessionAnswer, TicketAnswer } from '../protocol/access.js';
import type { CreatedKey, KeyRecord, KeysAnswer, NewKey } from '../protocol/keys.js';
import { jsonOf, successful, type Requester } from './http-request.js';

export interface TicketFields {
  /** The one stream that the connection may touch; without it, those of the key. */
  readonly stream?: string;
  /** The one role that the connection has; without it, those of the key. */
  readonly role?: Role;
}

export function keyFunctions(request: Requester) {
  return {
    /** Every key, without its secret part. */
    list: async (): Promise<readonly KeyRecord[]> => (await jsonOf<KeysAnswer>(request('/v1/keys'))).keys,
    /** `key` of the answer is told this once and never again. */
    add: (fields: NewKey) => jsonOf<CreatedKey>(request('/v1/keys', { method: 'POST', json: fields })),
    /** Ends the connections that it opened, too. Rejects with `NOT_FOUND`. */
    revoke: async (id: string): Promise<void> =>
      void (await successful(await request(`/v1/keys/${encodeURIComponent(id)}`, { method: 'DELETE' }))),
  };
}

export function sessionFunctions(request: Requester) {
  return {
    /** Who one is to the service, and whether it wants to know. */
    get: () => jsonOf<SessionAnswer>(request('/v1/session')),
    /** Browsers: signs in with a key, or a ticket, of which only a cookie stays. Rejects with `UNAUTHORIZED`. */
    signIn: (shown: string | { readonly ticket: string }) => {
      const json = typeof shown === 'string' ? { key: shown } : shown;
      return jsonOf<SessionAnswer>(request('/v1/session', { method: 'POST', json }));
    },
    signOut: async (): Promise<void> => void (await successful(await request('/v1/session', { method: 'DELETE' }))),
    /** Lets one WebSocket in, within a minute: its address ends in `?ticket=…` instead of holding a key. */
    ticket: (fields: TicketFields = {}) => jsonOf<TicketAnswer>(request('/v1/tickets', { method: 'POST', json: fields })),
  };
}
