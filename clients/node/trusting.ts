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
 * @param ca one or more certificates as PEM text, or the bytes of one (DER), as phones and `/ca.crt` of `serve --lan` have it
 * @throws TypeError when there is no certificate in it
 */
export function trusting(ca: string | Uint8Array): Trusting {
  const own = pemOf(ca);
  if (own.length === 0 || !own.every(isCertificate)) throw new TypeError('there is no certificate in it');
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

function pemOf(ca: string | Uint8Array): readonly string[] {
  const found = (typeof ca === 'string' ? ca : new TextDecoder().decode(ca)).match(PEM_CERTIFICATE);
  if (found !== null || typeof ca === 'string') return found ?? [];
  try {
    return [new X509Certificate(ca).toString()];
  } catch {
    return [];
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
