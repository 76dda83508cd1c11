// Who may talk to the scripted service, and by what: keys by header, Basic, subprotocol or ticket, as the contract has it.
// Remembers what it was shown. Pages and scripts, all that is not below `/v1/`, are for everybody.
import type { IncomingMessage } from 'node:http';
import type { Message } from './scripted-service.js';

export interface Visit {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly headers: IncomingMessage['headers'];
}
export interface Refusal {
  readonly status: number;
  readonly error: { readonly code: string; readonly message: string };
  readonly headers?: Readonly<Record<string, string>>;
}

const UNAUTHORIZED: Refusal = { status: 401, error: { code: 'UNAUTHORIZED', message: 'A key is missing or wrong.' } };
const FORBIDDEN: Refusal = { status: 403, error: { code: 'FORBIDDEN', message: 'The key does not have this right.' } };

export class ScriptedDoor {
  /** Those that are let in. */
  readonly keys: Set<string>;
  /** Those that are known and have no right to anything. */
  readonly powerless = new Set<string>();
  readonly visits: Visit[] = [];
  /** For all, whoever they are. */
  closedBy: Refusal | undefined;
  #tickets = new Set<string>();
  #issued = 0;

  constructor(...keys: readonly string[]) {
    this.keys = new Set(keys);
  }

  upgrades(): Visit[] {
    return this.visits.filter(({ path }) => path.includes('/v1/ws'));
  }

  /** Whether a request or an upgrade is let in; the answer of the two routes that are the door's own comes with it. */
  admit(request: IncomingMessage): { readonly refusal?: Refusal; readonly answer?: Message } {
    const { authorization } = request.headers;
    const path = request.url ?? '/';
    this.visits.push({ method: request.method ?? '', path, authorization, headers: request.headers });
    if (this.closedBy) return { refusal: this.closedBy };
    const url = new URL(path, 'http://host');
    if (!url.pathname.includes('/v1/')) return {};
    const key = this.#keyOf(request, url);
    const isKnown = key !== undefined && (this.keys.has(key) || this.powerless.has(key));
    if (url.pathname.endsWith('/v1/session')) {
      const principal = isKnown ? { kind: 'key', name: 'scripted', roles: ['admin'], streams: ['*'] } : null;
      return { answer: { authentication: { required: true, oidc: false }, principal } };
    }
    if (!isKnown) return { refusal: UNAUTHORIZED };
    if (this.powerless.has(key)) return { refusal: FORBIDDEN };
    if (!url.pathname.endsWith('/v1/tickets')) return {};
    const ticket = `ticket-${++this.#issued}`;
    this.#tickets.add(ticket);
    return { answer: { ticket, expires_at: Date.now() + 60_000 } };
  }

  #keyOf({ headers }: IncomingMessage, { searchParams }: URL): string | undefined {
    const ticket = searchParams.get('ticket');
    // Of one use.
    if (ticket !== null) return this.#tickets.delete(ticket) ? [...this.keys][0] : undefined;
    const [scheme, value = ''] = (headers.authorization ?? '').split(' ');
    if (scheme === 'Bearer') return value;
    if (scheme === 'Basic') return Buffer.from(value, 'base64').toString().replace(/^.*?:/, '');
    const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    return protocols.find((name) => name.startsWith('bearer.'))?.slice('bearer.'.length);
  }
}
