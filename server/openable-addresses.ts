// The addresses that a person can open, for what a service listens on: `0.0.0.0` and `::` are none.
import { isIPv6 } from 'node:net';
import { listeningName } from './access/host-names.js';
import { localNames } from './lan/local-names.js';

export type Scheme = 'http' | 'https';

/** Where a service of this machine is asked by the machine itself. @param host that is listened on */
export function ownHost(host: string): string {
  const listensOn = listeningName(host);
  return isEveryAddress(listensOn) ? '127.0.0.1' : listensOn;
}

const isEveryAddress = (name: string): boolean => name === '::' || name === '0.0.0.0';

/** @param host without brackets, also an address of IPv6 */
export const webAddress = (scheme: Scheme, host: string, port: number): string =>
  `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}`;

/**
 * @param host that is listened on
 * @returns for this machine itself first, then for others; where all addresses are listened on, each of them
 */
export function openableAddresses(scheme: Scheme, host: string, port: number, names = localNames()): readonly string[] {
  const listensOn = listeningName(host);
  if (!isEveryAddress(listensOn)) return [webAddress(scheme, listensOn, port)];
  // Not the address of loopback: browsers give a page the camera under this name too, and certificates are more often for names.
  const addresses = names.addresses.filter((address) => address !== '127.0.0.1' && address !== '::1');
  const reached = listensOn === '::' ? addresses : addresses.filter((address) => !isIPv6(address));
  return ['localhost', ...reached].map((name) => webAddress(scheme, name, port));
}
