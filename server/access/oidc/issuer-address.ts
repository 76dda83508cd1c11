// Which addresses an identity provider may have: TLS everywhere but on this machine, since whoever can change an answer under way
// can give himself any role.
import { hostName, isLoopback } from '../host-names.js';

/** @returns the issuer as it is written, which is how tokens name it; undefined for what is none */
export function issuerAddress(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  const url = URL.canParse(trimmed) ? new URL(trimmed) : null;
  if (url === null || trimmed.length > 512 || /[?#\s]/.test(trimmed) || url.username !== '' || url.password !== '')
    return undefined;
  return url.protocol === 'https:' || isPlainLoopback(url) ? trimmed : undefined;
}

/** Whether answers of this issuer come from this machine without TLS, as in a trial. */
export const isPlainIssuer = (issuer: string): boolean => isPlainLoopback(new URL(issuer));

/** @throws Error for an address that the issuer's own is better protected than */
export function assertSecure(address: string, issuer: string): void {
  const url = new URL(address);
  if (url.protocol === 'https:' || (isPlainIssuer(issuer) && isPlainLoopback(url))) return;
  throw new Error(`the issuer names an address without TLS: ${url.origin}`);
}

const isPlainLoopback = ({ protocol, host }: URL): boolean => protocol === 'http:' && isLoopback(hostName(host) ?? '');
