// A client on another WebSocket library than the service's, which knows the wire contract and nothing of our code.
import { pack, unpack } from 'msgpackr';
import WebSocket from 'ws';

export type Message = Readonly<Record<string, unknown>> & { readonly t: string };

const WAIT_MS = 20_000;

export class Socket {
  /** All that came and was not yet asked for. */
  readonly inbox: Message[] = [];
  /** The messages as they came over the wire. */
  readonly wire: Buffer[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly ws: WebSocket;
  readonly #json: boolean;
  #tell: (() => void) | null = null;
  #isClosed = false;

  private constructor(ws: WebSocket, json: boolean) {
    this.ws = ws;
    this.#json = json;
    ws.on('message', (data: Buffer, isBinary) => {
      this.wire.push(data);
      if (isBinary === json) throw new Error('the wrong kind of message for this protocol');
      this.inbox.push((json ? JSON.parse(data.toString()) : unpack(data)) as Message);
      this.#tell?.();
    });
    ws.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      ws.on('close', (code, reason) => {
        this.#isClosed = true;
        this.#tell?.();
        resolve({ code, reason: reason.toString() });
      }),
    );
  }

  /** @param protocols what to offer; `json` in one of them makes the client speak it */
  static async connect(url: string, protocols: string | readonly string[] = []): Promise<Socket> {
    const ws = new WebSocket(url, [...[protocols].flat()]);
    const socket = new Socket(ws, String(protocols).includes('json'));
    await new Promise<void>((resolve, reject) => {
      ws.once('open', resolve);
      ws.once('error', reject);
    });
    return socket;
  }

  /** Connects, reads the greeting and opens a stream: for its results alone, unless `fields` say otherwise. */
  static async withStream(
    url: string,
    fields: Readonly<Record<string, unknown>> = {},
    protocols: string | readonly string[] = [],
  ): Promise<Socket> {
    const socket = await Socket.connect(url, protocols);
    await socket.next('hello');
    socket.send({ t: 'open', stream: 'door', send: 'frames', ...fields });
    await socket.next('opened');
    return socket;
  }

  send(message: Readonly<Record<string, unknown>>): void {
    if (!this.#json) return this.ws.send(pack(message));
    const text = (value: unknown): unknown => (value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value);
    this.ws.send(JSON.stringify(Object.fromEntries(Object.entries(message).map(([key, value]) => [key, text(value)]))));
  }

  raw(data: Uint8Array | string): void {
    this.ws.send(data);
  }

  /** The next message, which must be of that type. */
  async next(type: string): Promise<Message> {
    const message = await this.any();
    if (message.t !== type) throw new Error(`expected ${type}, got ${JSON.stringify(message)}`);
    return message;
  }

  /** The next message of that type; others that come before it are passed over. */
  async until(type: string): Promise<Message> {
    for (;;) {
      const message = await this.any();
      if (message.t === type) return message;
    }
  }

  /** The next message of whatever type. */
  async any(): Promise<Message> {
    const giveUp = setTimeout(() => this.#tell?.(), WAIT_MS);
    const giveUpAt = Date.now() + WAIT_MS;
    while (this.inbox.length === 0) {
      if (this.#isClosed || Date.now() >= giveUpAt) throw new Error('no message came');
      await new Promise<void>((resolve) => (this.#tell = resolve));
    }
    clearTimeout(giveUp);
    return this.inbox.shift() as Message;
  }

  /** The next message, which must be an `error`. @returns its code */
  async nextError(): Promise<unknown> {
    return (await this.next('error'))['code'];
  }

  async close(): Promise<void> {
    this.ws.close();
    await this.closed;
  }
}

/** The status with which a WebSocket is answered: 101 where it is opened; then it is closed again. */
export function upgradeStatus(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  protocols: readonly string[] = [],
): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, [...protocols], { headers: { ...headers } });
    socket.once('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.once('unexpected-response', (_, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.once('error', reject);
  });
}

/** The HTTP status and error code with which an upgrade is refused. */
export async function refusal(url: string, protocols: readonly string[] = []): Promise<{ status: number; code: string }> {
  const ws = new WebSocket(url, [...protocols]);
  ws.on('error', () => undefined);
  return new Promise((resolve, reject) => {
    ws.once('open', () => {
      ws.terminate();
      reject(new Error('the upgrade was accepted'));
    });
    ws.once('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => {
        const parsed = JSON.parse(body) as { error: { code: string } };
        resolve({ status: response.statusCode ?? 0, code: parsed.error.code });
      });
    });
  });
}
