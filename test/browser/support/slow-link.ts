// A link between a client and a service that carries so many bytes a second and no more, with little room to queue: what a
// phone at the edge of a cell has.
import { createServer, connect, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

const TICK_MS = 20;
/** What the link holds before it pushes back. */
const QUEUE_BYTES = 16 * 1024;

export class SlowLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #timer: NodeJS.Timeout;
  #waiting: { readonly chunk: Buffer; readonly to: Socket; readonly from: Socket }[] = [];
  #waitingBytes = 0;
  /** Bytes a second from the client to the service; infinite: at once. */
  bytesPerSecond = Infinity;

  static async start(toPort: number): Promise<SlowLink> {
    const link = new SlowLink(toPort);
    await new Promise<void>((resolve) => link.#server.listen(0, '127.0.0.1', resolve));
    return link;
  }

  private constructor(toPort: number) {
    this.#server = createServer((client) => this.#carry(client, connect(toPort, '127.0.0.1')));
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #carry(client: Socket, service: Socket): void {
    for (const [one, other] of [
      [client, service],
      [service, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    service.pipe(client);
    client.on('data', (chunk) => {
      this.#waiting.push({ chunk, to: service, from: client });
      this.#waitingBytes += chunk.length;
      if (this.#waitingBytes > QUEUE_BYTES) client.pause();
    });
  }

  #tick(): void {
    let room = this.bytesPerSecond === Infinity ? Infinity : (this.bytesPerSecond * TICK_MS) / 1000;
    while (room > 0) {
      const next = this.#waiting.shift();
      if (!next) break;
      const part = next.chunk.subarray(0, room);
      next.to.write(part);
      room -= part.length;
      this.#waitingBytes -= part.length;
      if (part.length < next.chunk.length) this.#waiting.unshift({ ...next, chunk: next.chunk.subarray(part.length) });
    }
    if (this.#waitingBytes <= QUEUE_BYTES) for (const { from } of this.#waiting) from.resume();
    if (this.#waiting.length === 0) for (const socket of this.#sockets) socket.resume();
  }
}
