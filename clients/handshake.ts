// What the next WebSocket shows to be let in, and why one was not. Where a handshake can have headers, the credential is one
// of them, and a refusal says its reason. The standard's WebSocket can do neither: there a ticket of one use stands for the
// key, so that nothing that lasts is in an address, and the session tells afterwards what was wrong.
import type { SessionAnswer, TicketAnswer } from '../protocol/access.js';
import { serviceAddress, type ServiceAddress } from './address.js';
import { Credentials, type CredentialOptions } from './credentials.js';
import { ServerError } from './errors.js';
import { jsonOf, requester, type Requester } from './http-request.js';
import { isAboutRights } from './refusal.js';
import { takesHeaders, type SocketConstructor } from './socket.js';

export interface HandshakeOptions extends CredentialOptions {
  readonly fetch?: typeof fetch | undefined;
  readonly timeoutMs: number;
}
/** What a socket is made with. */
export interface Opening {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Handshake {
  readonly Socket: SocketConstructor;
  readonly address: ServiceAddress;
  readonly #credentials: Credentials;
  readonly #options: HandshakeOptions;
  /** What was shown last. */
  #shown: string | undefined;
  /** What was refused, and how: only another credential is worth another attempt. */
  #refused: { readonly shown: string | undefined; readonly error: ServerError } | undefined;

  /** @throws TypeError for an address that is none, and for a key or header that cannot be sent */
  constructor(address: string | URL, options: HandshakeOptions, Socket: SocketConstructor) {
    this.address = serviceAddress(address);
    this.#credentials = new Credentials(options, this.address);
    this.#options = options;
    this.Socket = Socket;
  }

  /** @throws ServerError for a credential that is, or was, refused · ConnectionError · the signal's reason */
  async next(signal: AbortSignal): Promise<Opening> {
    const headers = await this.#credentials.headers();
    this.#shown = headers.authorization;
    if (this.#refused && this.#refused.shown === this.#shown) throw this.#refused.error;
    const url = this.address.socket;
    if (takesHeaders(this.Socket)) return { url, headers };
    if (headers.authorization === undefined) return { url };
    // With the very headers that were asked for above: a function may give another key a moment later.
    const answer = this.#requester(signal, headers)('/v1/tickets', { method: 'POST', json: {} });
    const withTicket = new URL(url);
    withTicket.searchParams.set('ticket', (await jsonOf<TicketAnswer>(answer)).ticket);
    return { url: withTicket.href };
  }

  /** The refusal behind an attempt that failed without a word; the failure itself where there is none. */
  async reasonOf(failure: unknown, signal: AbortSignal): Promise<unknown> {
    if (takesHeaders(this.Socket) || failure instanceof ServerError || signal.aborted) return failure;
    try {
      const headers = await this.#credentials.headers();
      const session = await jsonOf<SessionAnswer>(this.#requester(signal, headers)('/v1/session'));
      if (!session.authentication.required || session.principal !== null) return failure;
      return new ServerError('UNAUTHORIZED', 'Nobody is signed in here: the service wants a key.', { status: 401 });
    } catch (error) {
      return isAboutRights(error) ? error : failure;
    }
  }

  /** Whether another attempt may have a credential that is not the one that was refused. */
  isWorthAnother(refusal: ServerError): boolean {
    if (refusal.code !== 'UNAUTHORIZED' || !this.#credentials.mayChange || this.#refused?.error === refusal) return false;
    this.#refused = { shown: this.#shown, error: refusal };
    return true;
  }

  #requester(signal: AbortSignal, headers: Readonly<Record<string, string>>): Requester {
    const { fetch, timeoutMs } = this.#options;
    return requester(this.address.http, { headers, signal, timeoutMs, ...(fetch ? { fetch } : {}) });
  }
}
