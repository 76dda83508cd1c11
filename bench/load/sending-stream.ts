// One camera of a benchmark: a connection with one stream, which sends images as raw binary messages and books every
// result. It stands for another machine, so it does as little as a client can: no envelope, no masking, no copy.
import { once } from 'node:events';
import { pack, Unpackr } from 'msgpackr';
import { WebSocket } from 'ws';
import { SUBPROTOCOL_MSGPACK, type OpenedMessage, type ResultMessage, type ServerMessage } from '../../protocol/messages.js';
import type { StreamStats } from '../../protocol/payloads.js';
import { keyHeaders } from '../shown-key.js';
import type { StreamAccount } from './load-protocol.js';

export interface SendingStreamOptions {
  /** Of the service, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly stream: string;
  /** Further fields of `open`, as its query shortcuts take them. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Told of each result, and when its frame was due by `performance.now()`. */
  readonly onResult: (result: ResultMessage, dueMs: number) => void;
}

/** More than this waiting in the socket, and frames are held back: a generator must not fill the memory. */
const MOST_UNSENT_BYTES = 8 << 20;
const CLOSE_TIMEOUT_MS = 60_000;
/** `ws` leaves masking out when the mask is zeros: real cameras mask on processors of their own. */
const SOCKET_OPTIONS = { perMessageDeflate: false, skipUTF8Validation: true, generateMask: (mask: Buffer) => mask.fill(0) };
const unpackr = new Unpackr({ useRecords: false });

export class SendingStream {
  readonly credits: number;
  heldBack = 0;
  readonly #options: SendingStreamOptions;
  readonly #socket: WebSocket;
  readonly #dueMs: number[] = [];
  #counts = { received: 0, ok: 0, dropped: 0, errors: 0 };
  #stats: StreamStats | undefined;
  #wake: () => void = () => undefined;
  readonly #ended: Promise<void>;

  private constructor(options: SendingStreamOptions, socket: WebSocket, { credits }: OpenedMessage) {
    this.#options = options;
    this.#socket = socket;
    this.credits = credits;
    this.#ended = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.on('close', () => this.#wake());
  }

  /** @throws Error when the service cannot be reached, or refuses the stream */
  static async open(options: SendingStreamOptions): Promise<SendingStream> {
    const address = new URL('/v1/ws', options.url.replace(/^http/, 'ws'));
    for (const [name, value] of Object.entries({ stream: options.stream, ...options.fields })) {
      address.searchParams.set(name, value);
    }
    const socket = new WebSocket(address, [SUBPROTOCOL_MSGPACK], { ...SOCKET_OPTIONS, headers: keyHeaders() });
    let opened: SendingStream | undefined;
    const ready = new Promise<SendingStream>((resolve, reject) => {
      socket.on('message', (data: Buffer) => {
        const message = unpackr.unpack(data) as ServerMessage;
        if (opened !== undefined) opened.#receive(message);
        else if (message.t === 'opened') resolve((opened = new SendingStream(options, socket, message)));
        else if (message.t === 'error') reject(new Error(`${message.code}: ${message.message}`));
      });
      socket.once('close', () => reject(new Error('the connection ended before the stream was open')));
      socket.once('error', reject);
    });
    ready.catch(() => socket.terminate());
    return ready;
  }

  /** What this side counted since the stream was opened. */
  get account(): StreamAccount {
    return { ...this.#counts };
  }

  /** Frames sent that have no result yet. */
  get unanswered(): number {
    return this.#dueMs.length;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Sends a frame, with a credit or without. @param dueMs by `performance.now()`, from when its latency counts */
  send(image: Buffer, dueMs: number): void {
    if (!this.isOpen) return;
    if (this.#socket.bufferedAmount > MOST_UNSENT_BYTES) {
      this.heldBack++;
      return;
    }
    this.#counts.received++;
    this.#dueMs.push(dueMs);
    this.#socket.send(image);
  }

  /** Resolves when there is a credit, or the connection has ended. */
  async credit(): Promise<void> {
    while (this.isOpen && this.unanswered >= this.credits) await new Promise<void>((wake) => (this.#wake = wake));
  }

  /** Resolves when every frame has its result, or the connection has ended. */
  async settled(): Promise<void> {
    while (this.isOpen && this.unanswered > 0) await new Promise<void>((wake) => (this.#wake = wake));
  }

  /** Has every frame answered and the stream closed. @returns the service's account; undefined where it gave none */
  async close(): Promise<StreamStats | undefined> {
    if (this.isOpen && this.#stats === undefined) {
      this.#socket.send(pack({ t: 'close', stream: this.#options.stream }));
      const signal = AbortSignal.timeout(CLOSE_TIMEOUT_MS);
      while (this.#stats === undefined && this.isOpen && !signal.aborted) await once(this.#socket, 'message', { signal });
    }
    this.#socket.close();
    await this.#ended;
    return this.#stats;
  }

  /** Cuts the connection, whatever is under way. */
  async cut(): Promise<void> {
    this.#socket.terminate();
    await this.#ended;
  }

  /** From now on nothing is read of what comes; the connection stays. */
  goDeaf(): void {
    this.#socket.pause();
  }

  #receive(message: ServerMessage): void {
    if (message.t === 'closed') this.#stats = message.stats;
    if (message.t !== 'result') return;
    const dueMs = this.#dueMs.shift();
    // Results come in the order sent, one for each frame; the service numbers raw images from 0.
    const number = this.#counts.ok + this.#counts.dropped + this.#counts.errors;
    if (dueMs === undefined || message.seq !== number) throw new Error(`result ${message.seq} came where ${number} was due`);
    if (message.status === 'ok') this.#counts.ok++;
    else if (message.status === 'dropped') this.#counts.dropped++;
    else this.#counts.errors++;
    this.#options.onResult(message, dueMs);
    this.#wake();
  }
}
