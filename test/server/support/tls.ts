// Certificates for tests, and requests over TLS that say what they met.
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { makeAuthority, makeServerCertificate, type KeyedCertificate } from '../../../server/lan/local-ca.js';

/** @param nowMs the day it is made on: long ago for one that has ended */
export async function makePair(nowMs = Date.now()): Promise<KeyedCertificate & { readonly caPem: string }> {
  const authority = await makeAuthority('test', ['localhost'], nowMs);
  return { ...(await makeServerCertificate(authority, ['localhost'], ['127.0.0.1'], nowMs)), caPem: authority.certPem };
}

export async function writePair(folder: string, { certPem, keyPem }: KeyedCertificate): Promise<Record<string, string>> {
  const [cert, key] = [join(folder, 'server.crt'), join(folder, 'server.key')];
  // One after the other, as most programs do it.
  await writeFile(cert, certPem);
  await writeFile(key, keyPem);
  return { ONLOOKER_TLS_CERT: cert, ONLOOKER_TLS_KEY: key };
}

/** A connection of its own, with a handshake that succeeded. @throws what the handshake fails with */
export async function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

/** The fingerprint of the certificate that whoever connects now meets. */
export async function fingerprintAt(port: number): Promise<string> {
  const socket = await handshake(port);
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

export interface TlsAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

/** @param ca whom to trust; where it is not given, anybody */
export function getOverTls(url: string, ca?: string, headers: Readonly<Record<string, string>> = {}): Promise<TlsAnswer> {
  return new Promise((resolve, reject) => {
    const trust = ca === undefined ? { rejectUnauthorized: false } : { ca };
    request(url, { agent: false, headers, ...trust }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    })
      .on('error', reject)
      .end();
  });
}
