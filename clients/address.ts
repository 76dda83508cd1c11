// The address of a service, taken apart once: for HTTP, for the WebSocket, and for messages. What may be secret in it (user,
// password, query) must never reach a message: those end up in logs.
import { toBase64 } from './base64.js';

export interface ServiceAddress {
  /** Ends with a slash; the paths of the service stand behind it, e.g. `https://home.example/onlooker/`. */
  readonly http: string;
  /** Of the WebSocket, with the query that the address has. */
  readonly socket: string;
  /** For messages: without user, password and query. */
  readonly shown: string;
  /** The `Authorization` header for a user and password that stand in the address. */
  readonly authorization: string | undefined;
}

const SOCKET_PATH = '/v1/ws';

/**
 * Takes `http`, `https`, `ws` and `wss` addresses; a path is what stands before the service's own paths, as behind a proxy.
 * `/v1/ws` at its end may be there or not; a `ws` address with another path that does not end with `/` is taken as it is.
 *
 * @throws TypeError when it is no such address; the message does not tell it
 */
export function serviceAddress(address: string | URL): ServiceAddress {
  if (!URL.canParse(address)) throw new TypeError('not an address: it must be one such as http://127.0.0.1:8080');
  const url = new URL(address);
  if (!/^(https?|wss?):$/.test(url.protocol)) throw new TypeError(`not an http or ws address: it begins with ${url.protocol}`);
  const path = url.pathname.replace(/\/+$/, '');
  const isOwnSocket = url.protocol.startsWith('ws') && !url.pathname.endsWith('/') && !path.endsWith(SOCKET_PATH);
  const prefix = isOwnSocket ? '' : path.replace(new RegExp(`${SOCKET_PATH}$`), '');
  const http = `${url.protocol.replace('ws', 'http')}//${url.host}${prefix}`;
  return {
    http: `${http}/`,
    socket: `${http.replace('http', 'ws')}${isOwnSocket ? path : SOCKET_PATH}${url.search}`,
    shown: http,
    authorization: basic(url.username, url.password),
  };
}

function basic(user: string, password: string): string | undefined {
  if (user === '' && password === '') return undefined;
  return `Basic ${toBase64(new TextEncoder().encode(`${decoded(user)}:${decoded(password)}`))}`;
}

/** An address may hold a `%` that begins no code: it then stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
