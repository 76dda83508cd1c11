// One WebSocket connection from its upgrade to its end: greeting, messages, and noticing that the other side is dead.
// Must never reconnect or know of streams: that is the client's.
import type { ClientMessage, HelloMessage, ServerMessage } from '../protocol/messages.js';
import { watchSilence, type Clock } from './clock.js';
import type { Codec } from './codec.js';
import { ConnectionError, ProtocolError, type OnlookerClientError } from './errors.js';
import { isAboutRights, refusalByCloseCode, refusalOf } from './refusal.js';
import { refusalText, type SocketConstructor, type SocketLike, type UpgradeRefusal } from './socket.js';
import { unreachable } from './unreachable.js';

export interface ConnectionOptions {
  readonly url: string;
  /** Of the handshake, where the socket takes some. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The address as messages may tell it. */
  readonly shown: string;
  readonly Socket: SocketConstructor;
  readonly codec: Codec;
  readonly clock: Clock;
  /** Longest wait for the greeting, and longest silence while an answer is owed. */
  readonly answerTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ConnectionPeer {
  /** Whether the service owes an answer: only then is silence suspicious. */
  isOwed(): boolean;
  onMessage(message: ServerMessage): void;
  /** Called once, also after `close()`. */
  onEnd(cause: OnlookerClientError): void;
}

/** Who waits for the greeting, until it has come. */
interface Greeted {
  resolve(hello: HelloMessage): void;
  reject(error: Error): void;
}

/** Our own close code for a service that broke the contract or fell silent (3000 to 3999 is for libraries). */
const CLOSE_CODE_GIVEN_UP = 3000;
const CLOSE_TIMEOUT_MS = 2_000;

export class Connection {
  readonly #socket: SocketLike;
  readonly #options: ConnectionOptions;
  readonly #peer: ConnectionPeer;
  #greeted: Greeted | undefined;
  #hasHeard = false;
  #lastBuffered = 0;
  readonly #cancelWatch: () => void;
  #socketError: unknown;
  #isOpen = false;
  #ended = false;
  readonly #end: Promise<void>;
  #markEnded: () => void = () => undefined;

  /** Resolves when the service has greeted. @throws ConnectionError, ProtocolError, or the signal's reason. */
  static async open(options: ConnectionOptions, peer: ConnectionPeer): Promise<{ connection: Connection; hello: HelloMessage }> {
    options.signal?.throwIfAborted();
    let connection: Connection | undefined;
    let stopListening: () => void = () => undefined;
    try {
      const hello = await new Promise<HelloMessage>((resolve, reject) => {
        connection = new Connection(options, peer, { resolve, reject });
        const abort = () => reject(options.signal?.reason as Error);
        options.signal?.addEventListener('abort', abort);
        stopListening = () => options.signal?.removeEventListener('abort', abort);
      });
      return { connection: connection as unknown as Connection, hello };
    } catch (error) {
      connection?.fail(error instanceof ProtocolError ? error : new ConnectionError('not connected'));
      throw error;
    } finally {
      stopListening();
    }
  }

  private constructor(options: ConnectionOptions, peer: ConnectionPeer, greeted: Greeted) {
    this.#options = options;
    this.#peer = peer;
    this.#greeted = greeted;
    this.#end = new Promise((resolve) => (this.#markEnded = resolve));
    const { headers } = options;
    this.#socket = new options.Socket(options.url, [options.codec.subprotocol], ...(headers ? [{ headers }] : []));
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.addEventListener('open', () => this.#onOpen());
    this.#socket.addEventListener('message', (event) => this.#onMessage(event.data));
    this.#socket.addEventListener('error', (event) => this.#onError(event));
    this.#socket.addEventListener('close', (event) => this.#onClose(event.code, event.reason));
    this.#socket.on?.('unexpected-response', (_request, response) => void this.#onRefused(response));
    this.#cancelWatch = this.#watch();
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  /** What the socket has not handed to the network yet. */
  get unsentBytes(): number {
    return this.#ended ? 0 : this.#socket.bufferedAmount;
  }

  send(message: ClientMessage): void {
    if (!this.#ended) this.#socket.send(this.#options.codec.encode(message) as string | Uint8Array<ArrayBuffer>);
  }

  /** Ends the connection in good order; a service that does not answer the handshake is left after two seconds. */
  async close(): Promise<void> {
    this.#socket.close(1000);
    const cancel = this.#options.clock.after(CLOSE_TIMEOUT_MS, () =>
      this.fail(new ConnectionError('the service did not close the connection')),
    );
    await this.#end;
    cancel();
  }

  /** Gives the connection up at once. */
  fail(cause: OnlookerClientError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelWatch();
    if (this.#socket.terminate) this.#socket.terminate();
    else this.#socket.close(CLOSE_CODE_GIVEN_UP);
    this.#settle(cause);
  }

  #onOpen(): void {
    this.#isOpen = true;
    if (this.#socket.protocol === this.#options.codec.subprotocol) return;
    this.fail(new ProtocolError(`the service at ${this.#options.shown} does not speak ${this.#options.codec.subprotocol}`));
  }

  #onMessage(data: unknown): void {
    if (this.#ended) return;
    this.#hasHeard = true;
    try {
      const message = this.#options.codec.decode(data);
      if (this.#greeted) this.#greet(message);
      else this.#peer.onMessage(message);
    } catch (error) {
      this.fail(
        error instanceof ProtocolError
          ? error
          : new ProtocolError('the service sent a message of the wrong shape', { cause: error }),
      );
    }
  }

  #greet(message: ServerMessage): void {
    if (message.t !== 'hello') throw new ProtocolError(`the service greeted with "${message.t}"`);
    const version: number = message.v;
    if (version !== 1) throw new ProtocolError(`the service speaks version ${version} of the protocol, this client version 1`);
    this.#greeted?.resolve(message);
    this.#greeted = undefined;
  }

  /** Before the connection stands an error is final; Node's own WebSocket, and Chromium where a page's policy forbids it, send no close then. */
  #onError({ error, message }: { readonly message?: string; readonly error?: unknown }): void {
    this.#socketError = error ?? { message };
    if (!this.#isOpen) this.#onClose(1006, '');
  }

  /** The service answered, but not with a WebSocket. */
  async #onRefused(response: UpgradeRefusal): Promise<void> {
    const status = response.statusCode ?? 0;
    const retryAfter = response.headers['retry-after']?.toString();
    const refusal = refusalOf({ status, retryAfter, body: await refusalText(response) });
    if (refusal && isAboutRights(refusal)) return this.fail(refusal);
    const why = refusal ? refusal.message : `it answered ${status}`;
    this.fail(new ConnectionError(`no connection to ${this.#options.shown}: ${why}`, { cause: refusal }));
  }

  #onClose(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelWatch();
    const refusal = refusalByCloseCode(code);
    if (refusal) return this.#settle(refusal);
    // Of a connection that never stood the socket knows the cause; of one that did, the service does.
    if (this.#greeted && reason === '') {
      return void unreachable(this.#options.shown, this.#socketError).then((error) => this.#settle(error));
    }
    this.#settle(new ConnectionError(`the connection was closed with code ${code}${reason === '' ? '' : `: ${reason}`}`));
  }

  #settle(cause: OnlookerClientError): void {
    this.#markEnded();
    const greeted = this.#greeted;
    this.#greeted = undefined;
    if (greeted) greeted.reject(cause);
    else this.#peer.onEnd(cause);
  }

  /** While nothing is owed silence is no matter; bytes that still leave the socket's buffer are a sign of life. */
  #watch(): () => void {
    const { clock, answerTimeoutMs, shown } = this.#options;
    const heard = (): boolean => {
      const buffered = this.#socket.bufferedAmount;
      const isOwed = this.#greeted !== undefined || this.#peer.isOwed();
      const isAlive = this.#hasHeard || !isOwed || buffered < this.#lastBuffered;
      this.#lastBuffered = buffered;
      this.#hasHeard = false;
      return isAlive;
    };
    const onSilence = (): void =>
      this.fail(new ConnectionError(`the service at ${shown} has not answered for ${answerTimeoutMs} ms`));
    return watchSilence(answerTimeoutMs, heard, onSilence, clock);
  }
}
