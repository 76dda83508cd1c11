// What the client needs of a WebSocket, and where it comes from: one passed in, the browser's own, or in Node the `ws`
// package, since Node 20 has none and that of Node 22 never says why a connection failed. Bundlers for browsers take the
// stub that `ws` ships for them.

/** The part of the standard WebSocket interface that the client uses. */
export interface SocketLike {
  binaryType: string;
  readonly protocol: string;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  /** Browsers say nothing about the cause; Node's implementations put it into `error` or `message`. */
  addEventListener(type: 'error', listener: (event: { readonly message?: string; readonly error?: unknown }) => void): void;
  /** `ws` alone: drops the connection without a handshake. */
  terminate?(): void;
  /** `ws` alone: the answer that was no upgrade. Whoever listens must end the socket. */
  on?(type: 'unexpected-response', listener: (request: unknown, response: UpgradeRefusal) => void): unknown;
}
/** The part of Node's `IncomingMessage` that tells why. */
export interface UpgradeRefusal {
  readonly statusCode?: number | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  on(type: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(type: 'end' | 'close' | 'error', listener: () => void): unknown;
}
/** `ws` takes headers; the standard has no place for them. */
export type SocketConstructor = new (
  url: string,
  protocols: string[],
  options?: { readonly headers?: Readonly<Record<string, string>> },
) => SocketLike;

export async function platformSocket(): Promise<SocketConstructor> {
  const { process, WebSocket } = globalThis as { process?: { versions?: { node?: string } }; WebSocket?: unknown };
  return (process?.versions?.node === undefined ? WebSocket : (await import('ws')).WebSocket) as SocketConstructor;
}

/** Whether the handshake can have headers, and tells why it was refused: `ws`, known by what it alone has. */
export function takesHeaders(Socket: SocketConstructor): boolean {
  return typeof (Socket.prototype as Partial<SocketLike> | undefined)?.terminate === 'function';
}

/** Longer refusals are cut: all of ours are a few hundred bytes. */
const MAX_REFUSAL_BYTES = 65_536;

/** The text of a refusal, as far as it comes. */
export function refusalText(response: UpgradeRefusal): Promise<string> {
  return new Promise((resolve) => {
    const decoder = new TextDecoder();
    let text = '';
    response.on('data', (chunk) => {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > MAX_REFUSAL_BYTES) resolve(text);
    });
    for (const end of ['end', 'close', 'error'] as const) response.on(end, () => resolve(text));
  });
}
