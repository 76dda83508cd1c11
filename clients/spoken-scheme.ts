// What a port speaks that ended a connection without an answer: one with TLS does so to whoever speaks plain HTTP, and so does a
// service that just dies, and only asking tells the two apart. Node alone: a browser opens no such connection.
import type { connect } from 'node:tls';

const ASKING_MS = 2_000;

/**
 * Whether the port answers a TLS handshake, by whatever certificate: nothing is sent to it, so nobody needs to be trusted.
 *
 * @param address http, of the service
 * @returns false also where that cannot be known
 */
export async function speaksTls(address: string): Promise<boolean> {
  // Not imported: bundlers for browsers would have to find it.
  const { process } = globalThis as { process?: { getBuiltinModule?(name: 'node:tls'): { readonly connect: typeof connect } } };
  const tls = process?.getBuiltinModule?.('node:tls');
  if (tls === undefined) return false;
  const { hostname, port } = new URL(address);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = tls.connect({
      host,
      port: Number(port) || 80,
      rejectUnauthorized: false,
      // A name is needed where several services share the port; an address is none.
      ...(/[a-z]/i.test(host) && !host.includes(':') ? { servername: host } : {}),
    });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ASKING_MS, () => settle(false));
    socket.on('secureConnect', () => settle(true));
    socket.on('error', () => settle(false));
    socket.on('close', () => settle(false));
  });
}
