// Which names this service answers to. A page whose own name was made to point here (DNS rebinding) sends that name in `Host`,
// and gets nothing.
import { isIP, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { localNames } from '../lan/local-names.js';

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?)\.?(?::[0-9]{1,5})?$/;
/** Addresses of this machine may change while the service runs; they are looked up again after so long. */
const ADDRESSES_KEPT_MS = 5000;

/** @returns the host in small letters, without port, brackets and closing dot; null for what is no host */
export function hostName(header: string): string | null {
  const found = HOST.exec(header.trim().toLowerCase())?.[1];
  if (found === undefined) return null;
  if (!found.startsWith('[')) return found;
  const address = found.slice(1, -1);
  return isIP(address) === 6 ? address : null;
}

/** The name or address that a service listens on, as `hostName` has the one that it is asked under; IPv6 needs no brackets here. */
export function listeningName(host: string): string {
  return hostName(host) ?? host.toLowerCase();
}

/** `localhost`, names below it, and 127.0.0.0/8 and ::1 as they are written. */
export function isLoopback(name: string): boolean {
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1') return true;
  return isIPv4(name) && name.startsWith('127.');
}

export interface HostNamesOptions {
  /** The address or name that the service listens on. */
  readonly listensOn: string;
  /** Further names: whole ones, or `*.example.org` for everything below one. `*` alone is every name. */
  readonly allowed: readonly string[];
  /** For tests. */
  readonly nowMs?: () => number;
}

export class HostNames {
  readonly #exact: ReadonlySet<string>;
  readonly #below: readonly string[];
  readonly #everything: boolean;
  readonly #listensBeyondLoopback: boolean;
  readonly #nowMs: () => number;
  #addresses: ReadonlySet<string> = new Set();
  #lookedUpAtMs = -Infinity;

  constructor({ listensOn, allowed, nowMs = () => performance.now() }: HostNamesOptions) {
    const own = listeningName(listensOn);
    this.#listensBeyondLoopback = !isLoopback(own);
    const names = allowed.map((name) => name.toLowerCase());
    this.#everything = names.includes('*');
    this.#below = names.filter((name) => name.startsWith('*.')).map((name) => name.slice(1));
    const ofMachine = this.#listensBeyondLoopback ? [own, ...localNames().names] : [own];
    this.#exact = new Set([...names.map((name) => hostName(name) ?? name), ...ofMachine]);
    this.#nowMs = nowMs;
  }

  /** @param header the value of `Host` */
  has(header: string): boolean {
    const name = hostName(header);
    if (name === null) return false;
    if (this.#everything || isLoopback(name) || this.#exact.has(name)) return true;
    if (this.#below.some((end) => name.endsWith(end))) return true;
    // An address cannot be rebound, but one that is not ours is somebody's mistake or probe.
    return this.#listensBeyondLoopback && isIP(name) !== 0 && this.#ownAddresses().has(name);
  }

  #ownAddresses(): ReadonlySet<string> {
    const nowMs = this.#nowMs();
    if (nowMs - this.#lookedUpAtMs > ADDRESSES_KEPT_MS) {
      this.#lookedUpAtMs = nowMs;
      this.#addresses = new Set(Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []));
    }
    return this.#addresses;
  }
}
