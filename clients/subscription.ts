// Streams that others feed, followed: events, each once and in order whatever breaks, and results as they come. The service
// keeps events, so this side keeps only its place: the id of the last one it has. Must never hold more than its bound.
import type { ErrorMessage, EventMessage, ServerMessage, SubscribedMessage, SubscribeMessage } from '../protocol/messages.js';
import { Emitter } from './emitter.js';
import { ConnectionError, ConnectionLostError, ServerError } from './errors.js';
import { Link, type LinkOptions, type Retry } from './link.js';
import type { FrameResult } from './results.js';
import { Waiting } from './waiting.js';

export interface SubscriptionOptions extends Omit<SubscribeMessage, 't'> {
  /** Events that may wait here for the reader; past it, the rest waits at the service. Default 256. */
  readonly maxWaitingEvents?: number;
}

/** What comes of the streams that are followed; `t` tells which. */
export type Followed = EventMessage | ({ readonly t: 'result' } & FrameResult);

export interface SubscriptionCounts {
  /** What was handed to the reader. */
  readonly events: number;
  readonly results: number;
  /** Results that newer ones of their stream replaced before they were read. */
  readonly superseded: number;
}

export interface SubscriptionEvents {
  /** The service follows for us, for the first time or again after a break. */
  subscribed: [];
  disconnected: [info: Retry];
  /** The end: asked for with `close()`, or `error` says why. */
  closed: [error: Error | undefined];
}

/** A subscription owes and is owed nothing; after so long without a word it asks whether the service is still there. */
const QUIET_MS = 30_000;
/** What the service refuses for good; anything else may be over when it is asked again. */
const FINAL_ERRORS: ReadonlySet<string> = new Set(['BAD_MESSAGE', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND']);

/** One reader: `for await (const message of subscription)`, or `next()` again and again. Leaving the loop closes it. */
export class Subscription extends Emitter<SubscriptionEvents> implements AsyncIterable<Followed> {
  /** Resolves when the service has taken it on. */
  readonly opened: Promise<this>;
  readonly #options: SubscriptionOptions;
  readonly #link: Link;
  readonly #clock: LinkOptions['connection']['clock'];
  readonly #waiting: Waiting;
  readonly #onEnded: (subscription: Subscription) => void;
  /** The last event that was taken in: all up to it are here, none after it. */
  #since: string | undefined;
  /** How often the service still has to say `subscribed`. */
  #owed = 0;
  /** The reader is behind: the service keeps the events meanwhile. */
  #isPaused = false;
  #isNewConnection = false;
  #counts = { events: 0, results: 0 };
  #wake: () => void = () => undefined;
  #cancelQuiet: () => void = () => undefined;
  #firstOpen: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #end: { readonly error: Error | undefined } | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: SubscriptionOptions, link: LinkOptions, onEnded: (subscription: Subscription) => void) {
    super();
    this.#options = options;
    this.#since = options.since;
    this.#clock = link.connection.clock;
    this.#waiting = new Waiting(options.maxWaitingEvents ?? 256);
    this.#onEnded = onEnded;
    this.#link = new Link(link, {
      isOwed: () => this.#owed > 0,
      onConnected: () => this.#onConnected(),
      onMessage: (message) => this.#receive(message),
      onBroken: (cause) => this.#onBroken(cause),
      onRetry: (retry) => this.emit('disconnected', retry),
      onLost: (error) => this.#finish(error),
    });
    this.opened = new Promise((resolve, reject) => (this.#firstOpen = { resolve: () => resolve(this), reject }));
    this.opened.catch(() => undefined);
    this.#link.connect().catch((error: unknown) => this.#finish(error as Error));
  }

  /** Id of the last event that was handed to the reader or waits for it: the `since` to go on from another time. */
  get since(): string | undefined {
    return this.#since;
  }
  get counts(): SubscriptionCounts {
    return { ...this.#counts, superseded: this.#waiting.superseded };
  }

  /**
   * The next message; waits for one. Events come each once and in order; of results only the newest of each stream is
   * kept for a slow reader. Not to be called again before it has resolved.
   *
   * @returns undefined when it is closed
   * @throws ConnectionError, ProtocolError or ServerError when it cannot go on; what had come before is handed out first
   */
  async next(): Promise<Followed | undefined> {
    for (;;) {
      const message = this.#closing ? undefined : this.#waiting.take();
      if (message !== undefined) {
        this.#counts[message.t === 'event' ? 'events' : 'results'] += 1;
        if (this.#isPaused && this.#waiting.isHalfEmpty) this.#resume();
        return message;
      }
      if (this.#end?.error) throw this.#end.error;
      if (this.#end) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Followed, void> {
    try {
      for (let message = await this.next(); message !== undefined; message = await this.next()) yield message;
    } finally {
      await this.close();
    }
  }

  /** Ends it; whoever waits for the next message is told. May be called again. */
  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = this.#link.close();
      this.#finish(undefined);
    }
    return this.#closing;
  }

  #onConnected(): void {
    this.#isNewConnection = true;
    if (!this.#isPaused) this.#subscribe();
    else if (this.#options.send !== 'events') this.#ask({ streams: this.#options.streams, send: 'frames' });
  }

  /** From the place where the events stopped. */
  #subscribe(): void {
    const { streams, send } = this.#options;
    const since = this.#since === undefined || send === 'frames' ? {} : { since: this.#since };
    this.#ask({ streams, ...(send === undefined ? {} : { send }), ...since });
  }

  #ask(fields: Omit<SubscribeMessage, 't'>): void {
    this.#owed += 1;
    this.#link.send({ ...fields, t: 'subscribe' });
    this.#watchForQuiet();
  }

  /** Of the events that are on their way, none is taken in: they come again, after the place where this stopped. */
  #pause(): void {
    this.#isPaused = true;
    const { streams, send } = this.#options;
    this.#link.send({ t: 'unsubscribe', streams });
    if (send !== 'events') this.#ask({ streams, send: 'frames' });
  }

  #resume(): void {
    this.#isPaused = false;
    if (this.#link.isConnected) this.#subscribe();
  }

  #receive(message: ServerMessage): void {
    // What was on its way when it was closed wakes nothing any more, least of all a timer that keeps the process alive.
    if (this.#end) return;
    this.#watchForQuiet();
    if (message.t === 'event') this.#onEvent(message);
    else if (message.t === 'result') {
      this.#waiting.addResult(message);
      this.#wake();
    } else if (message.t === 'subscribed') this.#onSubscribed(message);
    else if (message.t === 'error') this.#onError(message);
  }

  #onSubscribed(message: SubscribedMessage & { readonly since?: string }): void {
    this.#owed -= 1;
    // A service that tells the place where the events begin: nothing is missed when the connection breaks before the first.
    this.#since ??= message.since;
    this.#firstOpen?.resolve();
    this.#firstOpen = undefined;
    if (this.#isNewConnection) this.emit('subscribed');
    this.#isNewConnection = false;
  }

  #onEvent(event: EventMessage): void {
    // After a new `subscribe`, what comes before its answer comes again after it; without a place to go on from, it does not.
    if (this.#isPaused || (this.#owed > 0 && this.#since !== undefined) || event.id <= (this.#since ?? '')) return;
    this.#since = event.id;
    this.#waiting.addEvent(event);
    if (this.#waiting.isFull) this.#pause();
    this.#wake();
  }

  #onError({ code, message, retry_after_ms }: ErrorMessage): void {
    const error = new ServerError(code, message, { retryAfterMs: retry_after_ms });
    if (this.#firstOpen || FINAL_ERRORS.has(code)) this.#finish(error);
    else this.#link.drop(new ConnectionError(`the service does not take the subscription now: ${message}`, { cause: error }));
  }

  #onBroken(cause: Error): void {
    this.#owed = 0;
    this.#cancelQuiet();
    if (this.#firstOpen) this.#finish(new ConnectionLostError(`the connection broke: ${cause.message}`, { cause }));
  }

  /** Nobody else would notice that the other side is gone without a word: to ask again for the same is to ask for a sign. */
  #watchForQuiet(): void {
    this.#cancelQuiet();
    this.#cancelQuiet = this.#clock.after(QUIET_MS, () => {
      if (!this.#isPaused) this.#subscribe();
    });
  }

  #finish(error: Error | undefined): void {
    if (this.#end) return;
    this.#end = { error };
    this.#cancelQuiet();
    this.#firstOpen?.reject(error ?? new ConnectionError('the subscription is closed'));
    this.#firstOpen = undefined;
    this.#onEnded(this);
    if (error) void this.#link.close();
    this.#wake();
    this.emit('closed', error);
  }
}
