// One stream of frames to the service: sending within the credits, results in order, and coming back after a break.
// Must never send a frame again by itself: what was unanswered when the connection broke is the caller's to decide.
import type {
  ClientMessage,
  ClosedMessage,
  ErrorMessage,
  EventMessage,
  OpenedMessage,
  OpenMessage,
  ResultMessage,
  SendChoice,
  SubscribedMessage,
} from '../protocol/messages.js';
import type { KeptEvent } from '../protocol/events.js';
import type { CloseReason, StreamStats, Task } from '../protocol/payloads.js';
import { answersInOrder, type Answer, type FrameInput } from './answers.js';
import { Emitter } from './emitter.js';
import { ConnectionError, ConnectionLostError, ServerError, StreamClosedError } from './errors.js';
import { FrameWindow } from './frame-window.js';
import type { FrameResult, SentFrame } from './results.js';

/** The fields of `open`, as the wire contract has them. */
export type StreamOptions<T extends Task = Task, S extends SendChoice = SendChoice> = Omit<OpenMessage, 't' | 'task' | 'send'> & {
  readonly task?: T;
  readonly send?: S;
};

export interface SendOptions {
  /** Capture time, Unix ms; comes back with the result. */
  readonly ts?: number;
  /** Must increase within the stream; by default the last one plus 1. */
  readonly seq?: number;
  /** Ends the wait for a credit; a frame that is already sent stays sent. */
  readonly signal?: AbortSignal;
  /** Send even without a credit: the newest frame wins, and the service drops the oldest one that waits. */
  readonly force?: boolean;
}

/**
 * The stream's own count since it was first opened, over all reconnections: sent = ok + dropped + errors + lost +
 * unanswered. Of a stream that asked for events alone, only `sent` and `lost` are known.
 */
export interface StreamCounts extends Omit<StreamStats, 'received'> {
  readonly sent: number;
  /** Unanswered when the connection broke, or refused without a result. */
  readonly lost: number;
}

export interface StreamEvents<T extends Task> {
  /** Every result, in order; also that of `send`. */
  result: [result: FrameResult<T>];
  /**
   * Who is in view, told once, in order; what was told while the connection was broken comes when it is back. The last
   * `leave` comes a moment after `closed`.
   */
  event: [event: KeptEvent];
  /** The stream is open, for the first time or again after a break. */
  opened: [opened: OpenedMessage];
  /** The connection broke; the frames of these `seq`s were unanswered. The stream opens again by itself. */
  interrupted: [error: ConnectionLostError, lostSeqs: readonly number[]];
  /** It is over. `stats` is the service's account since the stream was last opened, where it could still tell. */
  closed: [reason: CloseReason | 'lost', stats: StreamStats | undefined];
  /** A frame given to `trySend` was refused, or the service complained about something that is no frame in hand. */
  error: [error: ServerError | RangeError];
}

/** What a client hands to its streams. */
export type StreamMessage = OpenedMessage | SubscribedMessage | ResultMessage | EventMessage | ClosedMessage | ErrorMessage;

/** What a client calls on its streams. */
export interface StreamPeer {
  /** Whether the service owes this stream an answer. */
  isOwed(): boolean;
  isOpening(): boolean;
  /** A connection is there: open the stream on it. */
  open(): void;
  receive(message: StreamMessage): void;
  interrupt(error: ConnectionLostError): void;
  /** There will be no other connection. */
  end(error: Error): void;
  close(): Promise<unknown>;
}

/** What a stream needs of its client. */
export interface StreamLink {
  maxFrameBytes(): number;
  send(message: ClientMessage): void;
  /** Calls back, never at once, when all that was sent has left the socket. */
  whenFlushed(action: () => void): void;
  attach(peer: StreamPeer): void;
  detach(): void;
}

type State = 'opening' | 'open' | 'interrupted' | 'closed';

export class OnlookerStream<T extends Task = Task, R = FrameResult<T>> extends Emitter<StreamEvents<T>> {
  readonly id: string;
  readonly task: T;
  /** Resolves when the service has opened the stream for the first time. */
  readonly opened: Promise<this>;
  readonly #options: StreamOptions<T>;
  readonly #link: StreamLink;
  readonly #window: FrameWindow<R>;
  readonly #over: Promise<StreamStats | undefined>;
  #state: State = 'interrupted';
  #isClosing = false;
  #model: string | undefined;
  /** Id of the last event that was told. */
  #lastEvent: string | undefined;
  #isCatchingUp = false;
  #counts = { sent: 0, ok: 0, dropped: 0, errors: 0, lost: 0 };
  #firstOpen: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #markOver: (stats: StreamStats | undefined) => void = () => undefined;

  constructor(options: StreamOptions<T>, link: StreamLink) {
    super();
    this.id = options.stream;
    this.task = options.task ?? ('faces' as T);
    this.#options = options;
    this.#link = link;
    this.#window = new FrameWindow((frame, seq) => {
      this.#counts.sent += 1;
      const ts = frame.ts === undefined ? {} : { ts: frame.ts };
      link.send({ t: 'frame', stream: this.id, seq, ...ts, image: frame.image });
      if (options.send === 'events') this.#settleWhenSent({ stream: this.id, seq, ts: frame.ts ?? null, status: 'sent' });
    });
    this.#over = new Promise((resolve) => (this.#markOver = resolve));
    this.opened = new Promise((resolve, reject) => (this.#firstOpen = { resolve: () => resolve(this), reject }));
    // Whoever opens the stream awaits this promise; that nobody does must not kill a process.
    this.opened.catch(() => undefined);
    link.attach({
      isOwed: () => this.#state === 'opening' || (this.#state === 'open' && (this.#isClosing || this.#window.unanswered > 0)),
      isOpening: () => this.#state === 'opening',
      open: () => this.#open(),
      receive: (message) => this.#receive(message),
      interrupt: (error) => this.#interrupt(error),
      end: (error) => this.#end('lost', undefined, error),
      close: () => this.close(),
    });
  }

  get state(): State {
    return this.#state;
  }
  /** Id of the model that serves this stream, once it is open. */
  get model(): string | undefined {
    return this.#model;
  }
  /** How many frames may be unanswered at once; 0 while there is no connection. */
  get credits(): number {
    return this.#window.credits;
  }
  get unanswered(): number {
    return this.#window.unanswered;
  }
  get counts(): StreamCounts {
    return { ...this.#counts };
  }

  /**
   * Sends one encoded image (JPEG, PNG or WebP; its bytes must not change until it is answered) as soon as a credit is
   * free, also after a reconnection, and resolves with exactly this frame's result, whatever its `status`. On a stream
   * that asked for events alone it resolves, without a result, when the image has left for the network: a credit is
   * then a place in the socket's own queue, and what the service could not keep up with shows in `close()` alone.
   *
   * @throws ConnectionLostError when the connection broke before the answer: the frame's fate is unknown.
   * @throws StreamClosedError · ServerError `TOO_LARGE` (not sent at all) · RangeError for a `seq` that does not increase
   */
  send(image: Uint8Array | ArrayBuffer, options: SendOptions = {}): Promise<R> {
    const bytes = image instanceof Uint8Array ? image : new Uint8Array(image);
    const maxFrameBytes = this.#link.maxFrameBytes();
    if (bytes.byteLength > maxFrameBytes) {
      return Promise.reject(
        new ServerError('TOO_LARGE', `the image has ${bytes.byteLength} bytes, the service takes ${maxFrameBytes}`),
      );
    }
    const frame = { image: bytes, ts: options.ts, seq: options.seq };
    if (!options.force) return this.#window.send(frame, options.signal);
    if (this.#state === 'open') return this.#window.sendNow(frame);
    return Promise.reject(
      this.#state === 'closed'
        ? new StreamClosedError(this.id, 'client')
        : new ConnectionError(`stream ${this.id} is not connected`),
    );
  }

  /** Whether a frame sent now would go out at once. */
  get hasCredit(): boolean {
    return this.#window.hasCredit;
  }

  /**
   * Sends only when a credit is free now; otherwise nothing happens and the answer is false, so that a camera can go on
   * with its next, newer frame. The result comes as the `result` event, a loss as `interrupted`.
   */
  trySend(image: Uint8Array | ArrayBuffer, options: Pick<SendOptions, 'ts' | 'seq'> = {}): boolean {
    if (!this.#window.hasCredit) return false;
    this.send(image, options).catch((error: unknown) => {
      if (error instanceof ServerError || error instanceof RangeError) this.emit('error', error);
    });
    return true;
  }

  /** Resolves when a credit is free. @throws StreamClosedError, or the signal's reason */
  ready(signal?: AbortSignal): Promise<void> {
    return this.#window.ready(signal);
  }

  /**
   * Sends all of `frames`, as many ahead as there are credits, and yields each with its result in the order sent.
   * Takes no more from `frames` than it can send, so a long video is never held in memory.
   */
  answers<Input extends FrameInput>(frames: AsyncIterable<Input> | Iterable<Input>): AsyncGenerator<Answer<Input, R>> {
    return answersInOrder(
      frames,
      (frame) => this.send(frame.image, frame),
      (signal) => this.ready(signal),
    );
  }

  /**
   * Ends the stream: the frames in hand are answered first. Resolves with the service's account since the stream was
   * last opened, or undefined when the connection is gone and nobody can tell. May be called again.
   */
  close(): Promise<StreamStats | undefined> {
    if (this.#isClosing || this.#state === 'closed') return this.#over;
    this.#isClosing = true;
    this.#window.finish(new StreamClosedError(this.id, 'client'));
    if (this.#state === 'interrupted') this.#end('client', undefined, new StreamClosedError(this.id, 'client'));
    else this.#link.send({ t: 'close', stream: this.id });
    return this.#over;
  }

  #open(): void {
    this.#state = 'opening';
    this.#isCatchingUp = this.#lastEvent !== undefined && this.#options.send !== 'frames';
    this.#link.send({ ...this.#options, t: 'open' });
  }

  #receive(message: StreamMessage): void {
    if (message.t === 'opened') this.#onOpened(message);
    else if (message.t === 'result') this.#onResult(message);
    else if (message.t === 'event') this.#onEvent(message);
    else if (message.t === 'subscribed') this.#isCatchingUp = false;
    else if (message.t === 'closed') this.#onClosed(message);
    else this.#onError(message);
  }

  #onOpened(message: OpenedMessage): void {
    this.#state = 'open';
    this.#model = message.model;
    this.#firstOpen?.resolve();
    this.#firstOpen = undefined;
    this.#catchUp();
    this.emit('opened', message);
    this.#window.open(message.credits);
  }

  #onResult(message: ResultMessage): void {
    const result = message as unknown as FrameResult<T>;
    this.#counts[message.status === 'error' ? 'errors' : message.status] += 1;
    this.emit('result', result);
    this.#window.answer(message.seq, result as R);
  }

  /** No result will come: the frame is dealt with, as far as this side can tell, when the network has it. */
  #settleWhenSent(sent: SentFrame): void {
    this.#link.whenFlushed(() => this.#window.answer(sent.seq, sent as R));
  }

  /** A stream that opens again is told what happens from then on: what happened since the last event has to be asked for. */
  #catchUp(): void {
    if (!this.#isCatchingUp || this.#lastEvent === undefined) return;
    this.#link.send({ t: 'subscribe', streams: [this.id], send: 'events', since: this.#lastEvent });
  }

  /** Events before the answer to `subscribe` come again after it, in their order. */
  #onEvent({ t: _, ...event }: EventMessage): void {
    if (this.#isCatchingUp || event.id <= (this.#lastEvent ?? '')) return;
    this.#lastEvent = event.id;
    this.emit('event', event);
  }

  #onClosed(message: ClosedMessage): void {
    // A service that drains comes back, or another takes its place: the stream goes on when the client is connected again.
    if (message.reason === 'draining' && !this.#isClosing) {
      this.#interrupt(new ConnectionLostError('the service is shutting down'));
    } else {
      this.#end(message.reason, message.stats, new StreamClosedError(this.id, message.reason));
    }
  }

  #onError(message: ErrorMessage): void {
    const error = new ServerError(message.code, message.message, { retryAfterMs: message.retry_after_ms });
    if (message.seq !== undefined && this.#window.refuse(message.seq, error)) {
      this.#counts.lost += 1;
    } else if (this.#state === 'opening') {
      if (this.#firstOpen || message.code !== 'DRAINING') this.#end('lost', undefined, error);
    } else {
      this.emit('error', error);
    }
  }

  #interrupt(error: ConnectionLostError): void {
    if (this.#state === 'closed') return;
    const lost = this.#window.interrupt(error);
    this.#counts.lost += lost.length;
    this.#state = 'interrupted';
    this.emit('interrupted', error, lost);
    if (this.#isClosing) this.#end('lost', undefined, error);
  }

  #end(reason: CloseReason | 'lost', stats: StreamStats | undefined, error: Error): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#link.detach();
    this.#window.finish(error);
    this.#counts.lost += this.#window.interrupt(error).length;
    this.#firstOpen?.reject(error);
    this.#firstOpen = undefined;
    this.#markOver(stats);
    this.emit('closed', reason, stats);
  }
}
