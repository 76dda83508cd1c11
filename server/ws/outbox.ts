// The way out of one connection. A client that reads too slowly is cut off when too much waits for it, so that memory
// never grows; and nothing touches a socket that is closed, which would throw.
import type { WebSocket } from 'uWebSockets.js';
import type { ServerMessage } from '../../protocol/messages.js';
import type { Codec } from './codec.js';

/** What the outbox needs of a uWebSockets.js socket. */
export type OutgoingSocket = Pick<WebSocket<unknown>, 'send' | 'getBufferedAmount' | 'end' | 'close'>;

/** `send` returns this when it did not even queue the message. */
const DROPPED = 2;
const SENT = 1;

export class Outbox {
  readonly #codec: Codec;
  readonly #maxUnsentBytes: number;
  readonly #onSlowReader: (unsentBytes: number) => void;
  #socket: OutgoingSocket | null;
  #onFlushed: (() => void)[] = [];

  constructor(socket: OutgoingSocket, codec: Codec, maxUnsentBytes: number, onSlowReader: (unsentBytes: number) => void) {
    this.#socket = socket;
    this.#codec = codec;
    this.#maxUnsentBytes = maxUnsentBytes;
    this.#onSlowReader = onSlowReader;
  }

  /** What the client has not read yet. */
  get unsentBytes(): number {
    return this.#socket?.getBufferedAmount() ?? 0;
  }

  send(message: ServerMessage): void {
    const socket = this.#socket;
    if (socket === null) return;
    const { data, isBinary } = this.#codec.encode(message);
    const outcome = socket.send(data, isBinary);
    if (outcome === SENT) return;
    const unsent = socket.getBufferedAmount();
    if (outcome !== DROPPED && unsent <= this.#maxUnsentBytes) return;
    this.#onSlowReader(unsent);
    // Not a closing handshake: it would wait behind what the client does not read, and keep it in memory.
    socket.close();
  }

  /** To be called when the socket says that what waited is out. */
  drained(): void {
    if (this.#socket !== null && this.#socket.getBufferedAmount() > 0) return;
    for (const tell of this.#onFlushed.splice(0)) tell();
  }

  /** Resolves when all that was sent has left, or the socket is closed. */
  async flushed(): Promise<void> {
    if (this.#socket === null || this.#socket.getBufferedAmount() === 0) return;
    await new Promise<void>((resolve) => this.#onFlushed.push(resolve));
  }

  end(code: number, reason: string): void {
    this.#socket?.end(code, reason);
  }

  /** To be called when the socket is closed, however that came. */
  closed(): void {
    this.#socket = null;
    this.drained();
  }
}
