// Node alone: connections that trust a certificate authority of one's own beside those that Node trusts anyway, e.g. that of
// `onlooker serve --lan`. Apart from the library, which browsers load too: there the browser decides whom it trusts.
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { Agent, fetch as undiciFetch } from 'undici';
import { WebSocket } from 'ws';
import type { SocketConstructor } from '../socket.js';

export interface Trusting {
  readonly fetch: typeof fetch;
  readonly WebSocket: SocketConstructor;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * What `OnlookerClient.connect` and `createHttpClient` take as `fetch` and `WebSocket`: `{ key, ...trusting(ca) }`.
 *
 * @param ca one or more certificates as PEM text
 * @throws TypeError when there is no certificate in it
 */
export function trusting(ca: string | Uint8Array): Trusting {
  const own = new TextDecoder().decode(typeof ca === 'string' ? new TextEncoder().encode(ca) : ca).match(PEM_CERTIFICATE) ?? [];
  if (own.length === 0 || !own.every(isCertificate)) throw new TypeError('there is no certificate (PEM) in it');
  const trusted = [...rootCertificates, ...own];
  const dispatcher = new Agent({ connect: { ca: trusted } });
  class TrustingWebSocket extends WebSocket {
    constructor(url: string, protocols: string[], options: object = {}) {
      super(url, protocols, { ...options, ca: trusted });
    }
  }
  return {
    // Node's own fetch is an undici too, but of a version of its own: an agent goes with the fetch of its release.
    fetch: ((input: string | URL, init?: object) => undiciFetch(input, { ...init, dispatcher })) as unknown as typeof fetch,
    WebSocket: TrustingWebSocket,
  };
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
