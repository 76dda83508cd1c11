// A WebSocket as browsers have it, in Node: no headers in the handshake, and no word about why one failed.
import { WebSocket } from 'ws';
import type { SocketConstructor } from '../../clients/client.js';

class BrowserSocket {
  readonly #socket: WebSocket;
  constructor(url: string, protocols: string[]) {
    this.#socket = new WebSocket(url, protocols);
  }
  get binaryType() {
    return this.#socket.binaryType;
  }
  set binaryType(type) {
    this.#socket.binaryType = type;
  }
  get protocol() {
    return this.#socket.protocol;
  }
  get bufferedAmount() {
    return this.#socket.bufferedAmount;
  }
  send(data: string | Uint8Array) {
    this.#socket.send(data);
  }
  close(code?: number) {
    this.#socket.close(code);
  }
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: never) => void) {
    this.#socket.addEventListener(type as 'open', (event) => listener((type === 'error' ? {} : event) as never));
  }
}

/** Options of a client that connects as one in a browser does. */
export const inBrowsers = { WebSocket: BrowserSocket as unknown as SocketConstructor };
