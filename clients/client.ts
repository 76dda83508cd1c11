// The client of the service, for browsers and Node alike: one connection with any number of streams, which comes back by
// itself after a break. Must never import Node built-ins or zod, so that a browser can load it under a strict CSP.
import type { HelloMessage, ModelSummary, SendChoice, ServerLimits, ServerMessage } from '../protocol/messages.js';
import type { Task } from '../protocol/payloads.js';
import { RECONNECT_DEFAULTS, type ReconnectOptions } from './backoff.js';
import { systemClock, type Clock } from './clock.js';
import { CODECS } from './codec.js';
import type { CredentialOptions } from './credentials.js';
import { Emitter } from './emitter.js';
import { ConnectionError, ConnectionLostError, ServerError } from './errors.js';
import { Handshake } from './handshake.js';
import { Link, type LinkOptions, type Retry } from './link.js';
import type { SendResult } from './results.js';
import { platformSocket, type SocketConstructor } from './socket.js';
import { OnlookerStream, type StreamMessage, type StreamOptions, type StreamPeer } from './stream.js';
import { Subscription, type SubscriptionOptions } from './subscription.js';

export * from './errors.js';
export type { KeptEvent } from '../protocol/events.js';
export { embeddingValues, type FrameResult, type SendResult, type SentFrame, type TaskPayloads } from './results.js';
export type { ErrorCode } from '../protocol/errors.js';
export type { Answer, FrameInput } from './answers.js';
export type { ReconnectOptions } from './backoff.js';
export type { CredentialOptions } from './credentials.js';
export type { Retry } from './link.js';
export type { SocketConstructor, SocketLike } from './socket.js';
export type { OnlookerStream, SendOptions, StreamCounts, StreamEvents, StreamOptions } from './stream.js';
export type { Followed, Subscription, SubscriptionCounts, SubscriptionEvents, SubscriptionOptions } from './subscription.js';

export interface ClientOptions extends CredentialOptions {
  /** Default `msgpack`; `json` is readable in a browser's console and a third larger. */
  readonly format?: keyof typeof CODECS;
  /** Ends the attempt to connect; has no effect afterwards. */
  readonly signal?: AbortSignal;
  /** How to come back after a break; false: not at all. */
  readonly reconnect?: ReconnectOptions | false;
  /** Longest wait for the greeting, and longest silence while an answer is owed, before the service counts as dead. Default 10,000. */
  readonly answerTimeoutMs?: number;
  /** Default: the platform's own, or the `ws` package. */
  readonly WebSocket?: SocketConstructor;
  /** Default: the platform's own. Where a WebSocket takes no headers, tickets are asked for with it. */
  readonly fetch?: typeof fetch;
  /** For tests. */
  readonly clock?: Clock;
  /** For tests: a number in 0..1. */
  readonly random?: () => number;
}

export interface ClientEvents {
  /** Connected again; the streams open by themselves. */
  connected: [hello: HelloMessage];
  /** The connection broke, or an attempt to come back failed. */
  disconnected: [info: Retry];
  /** The end: asked for with `close()`, or `error` says why there will be no other attempt. */
  closed: [error: Error | undefined];
  /** The service complained about something that belongs to no stream. */
  error: [error: ServerError];
}

const MAX_CLOSED_STREAMS = 64;

export class OnlookerClient extends Emitter<ClientEvents> {
  readonly #linkOptions: LinkOptions;
  readonly #link: Link;
  readonly #streams = new Map<string, StreamPeer>();
  /** The last few that are closed: the service tells `leave` of those in view a moment after `closed`. */
  readonly #closed = new Map<string, StreamPeer>();
  readonly #subscriptions = new Set<Subscription>();
  #hello: HelloMessage | undefined;
  #closing: Promise<void> | undefined;
  #end: Error | undefined;

  /**
   * Connects to a service, e.g. `http://127.0.0.1:8080` or `https://host/prefix`. This first attempt is the only one: what
   * cannot be reached now fails now.
   *
   * @throws ServerError `UNAUTHORIZED`, `FORBIDDEN` · ConnectionError · ProtocolError · TypeError for an address that is none · the signal's reason
   */
  static async connect(address: string | URL, options: ClientOptions = {}): Promise<OnlookerClient> {
    const answerTimeoutMs = options.answerTimeoutMs ?? 10_000;
    const { key, headers, fetch, WebSocket: Socket = await platformSocket() } = options;
    const credentials = { ...(key === undefined ? {} : { key }), ...(headers ? { headers } : {}) };
    const client = new OnlookerClient({
      connection: {
        codec: CODECS[options.format ?? 'msgpack'],
        clock: options.clock ?? systemClock,
        answerTimeoutMs,
      },
      handshake: new Handshake(address, { ...credentials, fetch, timeoutMs: answerTimeoutMs }, Socket),
      reconnect: options.reconnect === false ? false : { ...RECONNECT_DEFAULTS, ...options.reconnect },
      random: options.random ?? Math.random,
    });
    await client.#link.connect(options.signal);
    return client;
  }

  private constructor(options: LinkOptions) {
    super();
    this.#linkOptions = options;
    this.#link = new Link(options, {
      isOwed: () => [...this.#streams.values()].some((stream) => stream.isOwed()),
      onConnected: (hello) => this.#onConnected(hello),
      onMessage: (message) => this.#receive(message),
      onBroken: (cause) => this.#onBroken(cause),
      onRetry: (retry) => this.emit('disconnected', retry),
      onLost: (error) => this.#finish(error),
    });
  }

  /** What the service said of itself when it was last connected. */
  get hello(): HelloMessage {
    if (!this.#hello) throw new ConnectionError('not connected yet');
    return this.#hello;
  }
  get limits(): ServerLimits {
    return this.hello.limits;
  }
  get models(): readonly ModelSummary[] {
    return this.hello.models;
  }
  get tasks(): readonly Task[] {
    return this.hello.tasks;
  }
  get isConnected(): boolean {
    return this.#link.isConnected;
  }
  /** What the socket has not handed to the network yet: more than nothing for long is a network that cannot follow. */
  get unsentBytes(): number {
    return this.#link.unsentBytes;
  }

  /**
   * Opens a stream; resolves when the service has opened it, also after a reconnection.
   *
   * @throws ServerError, e.g. `BAD_MESSAGE`, `MODEL_UNAVAILABLE`, `LIMIT_REACHED` · ConnectionError when the client is closed
   */
  open<T extends Task = 'faces', S extends SendChoice = 'both'>(
    options: StreamOptions<T, S>,
  ): Promise<OnlookerStream<T, SendResult<T, S>>> {
    if (this.#end || this.#closing) return Promise.reject(this.#end ?? new ConnectionError('the client is closed'));
    if (this.#streams.has(options.stream)) {
      return Promise.reject(new ServerError('STREAM_EXISTS', `this client has a stream ${options.stream} already`));
    }
    const stream = new OnlookerStream<T, SendResult<T, S>>(options, {
      maxFrameBytes: () => this.limits.max_frame_bytes,
      send: (message) => this.#link.send(message),
      whenFlushed: (action) => this.#link.whenFlushed(action),
      attach: (peer) => this.#streams.set(options.stream, peer),
      detach: () => this.#retire(options.stream),
    });
    this.#closed.delete(options.stream);
    if (this.isConnected) this.#streams.get(options.stream)?.open();
    return stream.opened;
  }

  /**
   * Follows streams that others feed: registered cameras, other connections. Resolves when the service has taken it on.
   * It has a connection of its own, so that what many cameras send never delays the answers to one's own frames.
   *
   * @throws ServerError `BAD_MESSAGE` for what cannot be followed, or the service's refusal · ConnectionError · ProtocolError
   */
  async subscribe(options: SubscriptionOptions): Promise<Subscription> {
    if (this.#end || this.#closing) throw this.#end ?? new ConnectionError('the client is closed');
    const subscription = new Subscription(options, this.#linkOptions, (ended) => this.#subscriptions.delete(ended));
    this.#subscriptions.add(subscription);
    return subscription.opened;
  }

  /** Closes the streams (their frames in hand are answered first), then the connection. May be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    this.#link.stop();
    await Promise.all([...this.#subscriptions, ...this.#streams.values()].map((one) => one.close()));
    await this.#link.close();
    if (!this.#end) this.#finish(undefined);
  }

  #onConnected(hello: HelloMessage): void {
    this.#hello = hello;
    this.emit('connected', hello);
    for (const stream of [...this.#streams.values()]) stream.open();
  }

  #receive(message: ServerMessage): void {
    const stream = this.#streamOf(message);
    if (stream) stream.receive(message as StreamMessage);
    else if (message.t === 'error') {
      this.emit('error', new ServerError(message.code, message.message, { retryAfterMs: message.retry_after_ms }));
    }
  }

  #streamOf(message: ServerMessage): StreamPeer | undefined {
    if (message.t === 'hello') return undefined;
    // Streams subscribe to themselves alone.
    const id = message.t === 'subscribed' ? message.streams[0] : message.stream;
    if (message.t === 'event') return this.#streams.get(message.stream) ?? this.#closed.get(message.stream);
    if (id !== undefined) return this.#streams.get(id);
    // An `open` that names no valid stream may be refused without the stream's name: it is then the one that waits.
    return [...this.#streams.values()].find((stream) => stream.isOpening());
  }

  #retire(id: string): void {
    const peer = this.#streams.get(id);
    if (!this.#streams.delete(id) || !peer) return;
    this.#closed.set(id, peer);
    const [oldest] = this.#closed.keys();
    if (this.#closed.size > MAX_CLOSED_STREAMS && oldest !== undefined) this.#closed.delete(oldest);
  }

  #onBroken(cause: Error): void {
    const lost = new ConnectionLostError(`the connection broke: ${cause.message}`, { cause });
    for (const stream of [...this.#streams.values()]) stream.interrupt(lost);
  }

  #finish(error: Error | undefined): void {
    this.#end = error ?? new ConnectionError('the client is closed');
    for (const stream of [...this.#streams.values()]) stream.end(this.#end);
    this.emit('closed', error);
  }
}
