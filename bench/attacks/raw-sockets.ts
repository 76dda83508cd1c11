// Sockets that keep to no contract: handshakes, frames without an end, requests whose answers nobody reads. Every loop is bounded, and
// everything goes to the loopback address of a service that the benchmark started.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** Opened sockets, to be cut together. */
export class Swarm {
  readonly sockets: Socket[] = [];
  readonly #port: number;

  constructor(url: string) {
    this.#port = Number(new URL(url).port);
  }

  /** Connects so many, a hundred at a time. */
  async connect(count: number): Promise<void> {
    for (let made = 0; made < count; made += 100) {
      await Promise.all(Array.from({ length: Math.min(100, count - made) }, () => this.#one()));
    }
  }

  /** Writes to all; sockets that were closed from the other side are left out. */
  write(bytes: Uint8Array | string): void {
    for (const socket of this.sockets) if (socket.writable) socket.write(bytes);
  }

  /** How many the service has not closed. */
  get open(): number {
    return this.sockets.filter((socket) => socket.writable).length;
  }

  cut(): void {
    for (const socket of this.sockets.splice(0)) socket.destroy();
  }

  async #one(): Promise<void> {
    const socket = connect(this.#port, '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise<void>((resolve) => socket.once('connect', resolve).once('close', resolve));
    this.sockets.push(socket);
  }
}

export const UPGRADE = [
  'GET /v1/ws HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
  '\r\n',
].join('\r\n');

/** The head of a masked binary frame of so many bytes; the mask is zero, so what follows is sent as it is. */
export function frameHead(bytes: number): Buffer {
  const head = Buffer.alloc(14);
  head[0] = 0x82;
  head[1] = 0xff;
  head.writeBigUInt64BE(BigInt(bytes), 2);
  return head;
}

/** A small masked frame, whole. */
export function smallFrame(payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0x82, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
