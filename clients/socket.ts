// What the client needs of a WebSocket, and where it comes from: one passed in, the browser's own, or in Node the `ws`
// package, since Node 20 has none and that of Node 22 never says why a connection failed. Bundlers for browsers take the
// stub that `ws` ships for them.

/** Where the WebSocket is below the address of a service. */
export const SOCKET_PATH = '/v1/ws';

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
}
export type SocketConstructor = new (url: string, protocols: string[]) => SocketLike;

export async function platformSocket(): Promise<SocketConstructor> {
  const { process, WebSocket } = globalThis as { process?: { versions?: { node?: string } }; WebSocket?: unknown };
  return (process?.versions?.node === undefined ? WebSocket : (await import('ws')).WebSocket) as SocketConstructor;
}

/**
 * The address of the WebSocket for a service's address: `http` becomes `ws`, and `/v1/ws` is added, below the path if the service
 * lives under one. A `ws` address with a path that does not end with `/` is taken as it is.
 *
 * @throws TypeError when it is no http, https, ws or wss address.
 */
export function socketUrl(address: string | URL): string {
  const url = new URL(address);
  if (!/^(https?|wss?):$/.test(url.protocol)) throw new TypeError(`not an http or ws address: ${url.href}`);
  const isWhole = url.pathname.endsWith(SOCKET_PATH) || (url.protocol.startsWith('ws') && !url.pathname.endsWith('/'));
  url.protocol = url.protocol.replace('http', 'ws');
  if (!isWhole) url.pathname = url.pathname.replace(/\/$/, '') + SOCKET_PATH;
  return url.href;
}
