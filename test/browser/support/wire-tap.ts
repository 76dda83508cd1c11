// What a page sends and hears over its WebSockets, as it is on the wire: to be opened before the page is.
import { Packr } from 'msgpackr';
import type { Page } from 'playwright-core';

const packr = new Packr({ useRecords: false, int64AsType: 'number' });
type Message = Readonly<Record<string, unknown>>;

export class WireTap {
  /** JPEGs that were sent, by `stream seq`. */
  readonly images = new Map<string, Uint8Array>();
  /** Results that were heard, by `stream seq`. */
  readonly results = new Map<string, Message>();

  constructor(page: Page) {
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => {
        const message = unpacked(payload);
        if (message['t'] === 'frame') this.images.set(keyOf(message), message['image'] as Uint8Array);
      });
      socket.on('framereceived', ({ payload }) => {
        const message = unpacked(payload);
        if (message['t'] === 'result') this.results.set(keyOf(message), message);
      });
    });
  }

  /** Of the one stream of the page whose frames it sends. */
  sent(seq: number): Uint8Array | undefined {
    return [...this.images].find(([key]) => key.endsWith(` ${seq}`))?.[1];
  }

  heard(seq: number): Message | undefined {
    return [...this.results].find(([key]) => key.endsWith(` ${seq}`))?.[1];
  }
}

const keyOf = (message: Message): string => `${String(message['stream'])} ${String(message['seq'])}`;

function unpacked(payload: string | Buffer): Message {
  return typeof payload === 'string' ? {} : (packr.unpack(payload) as Message);
}
