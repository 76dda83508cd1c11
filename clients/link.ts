// A connection that comes back by itself after a break, for whoever has something to do on it: the client, a subscription.
// Must never know what it carries: what is to be opened again on a new connection is the peer's.
import type { ClientMessage, HelloMessage, ServerMessage } from '../protocol/messages.js';
import { backoffMs, type ReconnectOptions } from './backoff.js';
import { Connection, type ConnectionOptions } from './connection.js';
import { ConnectionError, ProtocolError, ServerError, type OnlookerClientError } from './errors.js';
import type { Handshake } from './handshake.js';
import { isAboutRights } from './refusal.js';

export interface LinkOptions {
  readonly connection: Pick<ConnectionOptions, 'codec' | 'clock' | 'answerTimeoutMs'>;
  readonly handshake: Handshake;
  /** False: a break is the end. */
  readonly reconnect: Required<ReconnectOptions> | false;
  /** A number in 0..1. */
  readonly random: () => number;
}

/** The connection broke, or an attempt to come back failed; when the next attempt follows. */
export interface Retry {
  readonly error: Error;
  readonly attempt: number;
  readonly retryInMs: number;
}

export interface LinkPeer {
  /** Whether the service owes an answer: only then is silence suspicious. */
  isOwed(): boolean;
  onConnected(hello: HelloMessage): void;
  onMessage(message: ServerMessage): void;
  /** What was under way on the connection is lost. */
  onBroken(cause: Error): void;
  onRetry(retry: Retry): void;
  /** There will be no other connection, and nobody asked for that. */
  onLost(error: Error): void;
}

/** How soon to look again whether the socket has sent everything: browsers have no event for it. */
const FLUSH_CHECK_MS = 5;
/** A service may ask for a longer wait than ours, but not for one without end. */
const MAX_ASKED_WAIT_MS = 600_000;

export class Link {
  readonly #options: LinkOptions;
  readonly #peer: LinkPeer;
  readonly #stopped = new AbortController();
  #connection: Connection | undefined;
  #connectedAtMs = 0;
  #attempt = 0;
  #cancelRetry: () => void = () => undefined;

  constructor(options: LinkOptions, peer: LinkPeer) {
    this.#options = options;
    this.#peer = peer;
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /**
   * Connects once; afterwards it comes back by itself.
   *
   * @throws ServerError `UNAUTHORIZED`, `FORBIDDEN` · ConnectionError · ProtocolError · the signal's reason
   */
  async connect(signal?: AbortSignal): Promise<void> {
    const { connection: options, handshake } = this.#options;
    const either = signal ? AbortSignal.any([this.#stopped.signal, signal]) : this.#stopped.signal;
    const { connection, hello } = await this.#open(either).catch(async (error: unknown) => {
      throw await handshake.reasonOf(error, either);
    });
    if (this.#stopped.signal.aborted) {
      await connection.close();
      throw this.#stopped.signal.reason as Error;
    }
    if (connection.isEnded) throw new ConnectionError('the service closed the connection as soon as it had greeted');
    this.#connection = connection;
    this.#connectedAtMs = options.clock.nowMs();
    this.#peer.onConnected(hello);
  }

  async #open(signal: AbortSignal): Promise<Awaited<ReturnType<typeof Connection.open>>> {
    const { connection: options, handshake } = this.#options;
    const opening = await handshake.next(signal);
    return Connection.open(
      { ...options, ...opening, shown: handshake.address.shown, Socket: handshake.Socket, signal },
      {
        isOwed: () => this.#peer.isOwed(),
        onMessage: (message) => this.#peer.onMessage(message),
        onEnd: (cause) => this.#onEnd(cause),
      },
    );
  }

  /** What the socket has not handed to the network yet. */
  get unsentBytes(): number {
    return this.#connection?.unsentBytes ?? 0;
  }

  /** Goes nowhere while there is no connection. */
  send(message: ClientMessage): void {
    this.#connection?.send(message);
  }

  /** Calls back, never at once, when all that was sent has left the socket, or the connection is gone. */
  whenFlushed(action: () => void): void {
    if (this.unsentBytes === 0) queueMicrotask(action);
    else this.#options.connection.clock.after(FLUSH_CHECK_MS, () => this.whenFlushed(action));
  }

  /** Gives up the connection, as if it had broken. */
  drop(cause: OnlookerClientError): void {
    this.#connection?.fail(cause);
  }

  /** No other attempt from now on; a connection that stands is left as it is. */
  stop(): void {
    this.#cancelRetry();
    this.#stopped.abort(new ConnectionError('the client is closed'));
  }

  /** Ends it for good; the peer hears no more of it. */
  async close(): Promise<void> {
    this.stop();
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }

  #onEnd(cause: Error): void {
    if (!this.#connection) return;
    this.#connection = undefined;
    this.#peer.onBroken(cause);
    // Only a connection that has lasted starts the count afresh: one that is dropped at once is a failed attempt too.
    const { reconnect, connection: options } = this.#options;
    const lastedMs = options.clock.nowMs() - this.#connectedAtMs;
    if (reconnect && lastedMs >= reconnect.maxDelayMs) this.#attempt = 0;
    this.#retryAfter(cause);
  }

  #retryAfter(error: Error): void {
    if (this.#stopped.signal.aborted) return;
    const { reconnect, random, connection: options } = this.#options;
    if (!reconnect || this.#isFinal(error) || this.#attempt >= reconnect.maxAttempts) {
      this.#peer.onLost(error);
      return;
    }
    this.#attempt += 1;
    const retryInMs = Math.max(backoffMs(this.#attempt, reconnect, random()), askedWaitMs(error));
    this.#cancelRetry = options.clock.after(retryInMs, () => {
      this.connect().catch((failure: unknown) => this.#retryAfter(failure as Error));
    });
    this.#peer.onRetry({ error, attempt: this.#attempt, retryInMs });
  }

  /** Whether the same would happen at every other attempt. */
  #isFinal(error: Error): boolean {
    return error instanceof ProtocolError || (isAboutRights(error) && !this.#options.handshake.isWorthAnother(error));
  }
}

/** What the service wants to be left in peace for. */
function askedWaitMs(error: Error): number {
  const told = error instanceof ServerError ? error : error.cause;
  return told instanceof ServerError ? Math.min(told.retryAfterMs ?? 0, MAX_ASKED_WAIT_MS) : 0;
}
