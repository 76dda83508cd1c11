// The client of the service, for browsers and Node alike: one connection with any number of streams, which comes back by
// itself after a break. Must never import Node built-ins or zod, so that a browser can load it under a strict CSP.
import type { HelloMessage, ModelSummary, ServerLimits, ServerMessage } from '../protocol/messages.js';
import type { Task } from '../protocol/payloads.js';
import { backoffMs, RECONNECT_DEFAULTS, type ReconnectOptions } from './backoff.js';
import { systemClock, type Clock } from './clock.js';
import { CODECS } from './codec.js';
import { Connection, type ConnectionOptions } from './connection.js';
import { Emitter } from './emitter.js';
import { ConnectionError, ConnectionLostError, ProtocolError, ServerError } from './errors.js';
import { platformSocket, socketUrl, type SocketConstructor } from './socket.js';
import { OnlookerStream, type StreamOptions, type StreamPeer } from './stream.js';

export * from './errors.js';
export { embeddingValues, type FrameResult, type TaskPayloads } from './results.js';
export type { Answer, FrameInput } from './answers.js';
export type { OnlookerStream, SendOptions, StreamCounts, StreamEvents, StreamOptions } from './stream.js';

export interface ClientOptions {
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
  /** For tests. */
  readonly clock?: Clock;
  /** For tests: a number in 0..1. */
  readonly random?: () => number;
}

export interface ClientEvents {
  /** Connected again; the streams open by themselves. */
  connected: [hello: HelloMessage];
  /** The connection broke, or an attempt to come back failed. */
  disconnected: [info: { readonly error: Error; readonly attempt: number; readonly retryInMs: number }];
  /** The end: asked for with `close()`, or `error` says why there will be no other attempt. */
  closed: [error: Error | undefined];
  /** The service complained about something that belongs to no stream. */
  error: [error: ServerError];
}

export class OnlookerClient extends Emitter<ClientEvents> {
  readonly #connectionOptions: ConnectionOptions;
  readonly #reconnect: Required<ReconnectOptions> | false;
  readonly #random: () => number;
  readonly #streams = new Map<string, StreamPeer>();
  readonly #stopped = new AbortController();
  #hello: HelloMessage | undefined;
  #connection: Connection | undefined;
  #connectedAtMs = 0;
  #attempt = 0;
  #cancelRetry: () => void = () => undefined;
  #closing: Promise<void> | undefined;
  #end: Error | undefined;

  /**
   * Connects to a service, e.g. `http://127.0.0.1:8080` or `wss://host/v1/ws`. This first attempt is the only one: what
   * cannot be reached now fails now.
   *
   * @throws ConnectionError · ProtocolError · TypeError for an address that is none · the signal's reason
   */
  static async connect(address: string | URL, options: ClientOptions = {}): Promise<OnlookerClient> {
    const client = new OnlookerClient(
      {
        url: socketUrl(address),
        Socket: options.WebSocket ?? (await platformSocket()),
        codec: CODECS[options.format ?? 'msgpack'],
        clock: options.clock ?? systemClock,
        answerTimeoutMs: options.answerTimeoutMs ?? 10_000,
      },
      options,
    );
    await client.#connect(options.signal);
    return client;
  }

  private constructor(connection: ConnectionOptions, options: ClientOptions) {
    super();
    this.#connectionOptions = connection;
    this.#reconnect = options.reconnect === false ? false : { ...RECONNECT_DEFAULTS, ...options.reconnect };
    this.#random = options.random ?? Math.random;
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
    return this.#connection !== undefined;
  }

  /**
   * Opens a stream; resolves when the service has opened it, also after a reconnection.
   *
   * @throws ServerError, e.g. `BAD_MESSAGE`, `MODEL_UNAVAILABLE`, `LIMIT_REACHED` · ConnectionError when the client is closed
   */
  open<T extends Task = 'faces'>(options: StreamOptions<T>): Promise<OnlookerStream<T>> {
    if (this.#end || this.#closing) return Promise.reject(this.#end ?? new ConnectionError('the client is closed'));
    if (this.#streams.has(options.stream)) {
      return Promise.reject(new ServerError('STREAM_EXISTS', `this client has a stream ${options.stream} already`));
    }
    const stream = new OnlookerStream(options, {
      maxFrameBytes: () => this.limits.max_frame_bytes,
      send: (message) => this.#connection?.send(message),
      attach: (peer) => this.#streams.set(options.stream, peer),
      detach: () => this.#streams.delete(options.stream),
    });
    if (this.#connection) this.#streams.get(options.stream)?.open();
    return stream.opened;
  }

  /** Closes the streams (their frames in hand are answered first), then the connection. May be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    this.#cancelRetry();
    this.#stopped.abort(new ConnectionError('the client is closed'));
    await Promise.all([...this.#streams.values()].map((stream) => stream.close()));
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
    if (!this.#end) this.#finish(undefined);
  }

  async #connect(signal: AbortSignal | undefined): Promise<void> {
    const { connection, hello } = await Connection.open(
      { ...this.#connectionOptions, signal },
      {
        isOwed: () => [...this.#streams.values()].some((stream) => stream.isOwed()),
        onMessage: (message) => this.#receive(message),
        onEnd: (cause) => this.#onEnd(cause),
      },
    );
    if (this.#closing) {
      await connection.close();
      throw new ConnectionError('the client is closed');
    }
    if (connection.isEnded) throw new ConnectionError('the service closed the connection as soon as it had greeted');
    this.#hello = hello;
    this.#connection = connection;
    this.#connectedAtMs = this.#connectionOptions.clock.nowMs();
    this.emit('connected', hello);
    for (const stream of [...this.#streams.values()]) stream.open();
  }

  #receive(message: ServerMessage): void {
    if (message.t === 'opened' || message.t === 'result' || message.t === 'closed') {
      this.#streams.get(message.stream)?.receive(message);
    } else if (message.t === 'error') {
      // An `open` that names no valid stream may be refused without the stream's name: it is then the one that waits.
      const opening = [...this.#streams.values()].find((stream) => stream.isOpening());
      const stream = message.stream === undefined ? opening : this.#streams.get(message.stream);
      if (stream) stream.receive(message);
      else this.emit('error', new ServerError(message.code, message.message, { retryAfterMs: message.retry_after_ms }));
    }
  }

  #onEnd(cause: Error): void {
    if (!this.#connection) return;
    this.#connection = undefined;
    const lost = new ConnectionLostError(`the connection broke: ${cause.message}`, { cause });
    for (const stream of [...this.#streams.values()]) stream.interrupt(lost);
    // Only a connection that has lasted starts the count afresh: one that is dropped at once is a failed attempt too.
    const lastedMs = this.#connectionOptions.clock.nowMs() - this.#connectedAtMs;
    if (this.#reconnect && lastedMs >= this.#reconnect.maxDelayMs) this.#attempt = 0;
    this.#retryAfter(cause);
  }

  #retryAfter(error: Error): void {
    if (this.#closing) return;
    const { clock } = this.#connectionOptions;
    if (!this.#reconnect || error instanceof ProtocolError || this.#attempt >= this.#reconnect.maxAttempts) {
      this.#finish(error);
      return;
    }
    this.#attempt += 1;
    const retryInMs = backoffMs(this.#attempt, this.#reconnect, this.#random());
    this.#cancelRetry = clock.after(retryInMs, () => {
      this.#connect(this.#stopped.signal).catch((failure: unknown) => this.#retryAfter(failure as Error));
    });
    this.emit('disconnected', { error, attempt: this.#attempt, retryInMs });
  }

  #finish(error: Error | undefined): void {
    this.#end = error ?? new ConnectionError('the client is closed');
    for (const stream of [...this.#streams.values()]) stream.end(this.#end);
    this.emit('closed', error);
  }
}
