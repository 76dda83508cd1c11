// Which hosts cameras may be looked for at. Judged by the address that is connected to, never by the name alone, so that
// neither a name that points home nor one that changes between two looks gets past. Pure but for this machine's own addresses.
import { isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { AddressSet, canonicalAddress } from '../../protocol/addresses.js';
import { OWN_ADDRESS, PRIVATE_ADDRESS, type Failure } from './failure.js';

/** One entry of `ONLOOKER_ALLOWED_SOURCES`. */
export interface AllowedSource {
  /** A host name in lower case, or null: `network` says which addresses. */
  readonly name: string | null;
  readonly network: AddressSet;
  /** Null: every port. */
  readonly port: number | null;
  /** As it was written. */
  toString(): string;
}

export interface HostRules {
  /** Where this service listens: a source that points there is a loop. */
  readonly ownPort?: number | undefined;
  /** What may be opened although it is private. */
  readonly allowed?: readonly AllowedSource[];
  /** Whether others than those on this machine may ask for streams. Asked each time, since keys come and go. */
  readonly servesOthers?: () => boolean;
}

/** Where a connection is about to go. */
export interface Destination {
  readonly kind: 'rtsp' | 'http';
  /** As it stands in the address. */
  readonly host: string;
  readonly port: number;
}

// IPv4 in IPv6's clothes (`::ffff:…`) is IPv4 to every set; the older and the translated forms stand here.
const LOOPBACK = AddressSet.parse('127.0.0.0/8 0.0.0.0/8 ::1 :: ::7f00:0/104 64:ff9b::7f00:0/104 2002:7f00::/24');
/** Link-local networks, and where clouds tell their machines secrets. */
const INTERNAL = AddressSet.parse(
  '169.254.0.0/16 fe80::/10 ::a9fe:0/112 64:ff9b::a9fe:0/112 2002:a9fe::/32 ' +
    '100.100.100.200 168.63.129.16 192.0.0.192 fd00:ec2::254 fd20:ce::254',
);
/** Multicast, broadcast and reserved: nobody's address. */
const NOBODY = AddressSet.parse('224.0.0.0/3 ff00::/8');

const HOST_NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i;

/**
 * @param ip the address that the host's name led to
 * @returns why it must not be connected to, or null
 */
export function refusalOf(to: Destination, ip: string, rules: HostRules): Failure | null {
  const isOwn = isThisMachine(ip);
  if (isOwn && to.port === rules.ownPort) return OWN_ADDRESS;
  if (isAllowed(to, ip, rules)) return null;
  if (INTERNAL.has(ip) || NOBODY.has(ip)) return PRIVATE_ADDRESS;
  // What speaks RTSP is a camera or a relay of cameras; http is spoken by everything, and answers with what it holds.
  return isOwn && to.kind === 'http' && rules.servesOthers?.() === true ? PRIVATE_ADDRESS : null;
}

/** Whether somebody listed it outright. */
export function isAllowed(to: Destination, ip: string, { allowed = [] }: HostRules): boolean {
  const name = to.host.toLowerCase();
  return allowed.some((entry) => (entry.port ?? to.port) === to.port && (entry.name === name || entry.network.has(ip)));
}

/** Loopback, or an address of one of its network cards. */
export function isThisMachine(ip: string): boolean {
  const address = canonicalAddress(ip);
  if (address === undefined) return false;
  if (LOOPBACK.has(address)) return true;
  const cards = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return cards.some((card) => canonicalAddress(card.address) === address);
}

/**
 * Reads `ONLOOKER_ALLOWED_SOURCES`: names, addresses and networks (`10.0.0.0/8`), each with a port or without, parted by commas.
 * @returns undefined where it cannot be read
 */
export function parseAllowedSources(text: string): readonly AllowedSource[] | undefined {
  const parts = text.split(',').map((entry) => entry.trim());
  const entries = parts.filter((entry) => entry !== '').map(parseEntry);
  const known = entries.filter((entry) => entry !== undefined);
  return known.length === entries.length ? known : undefined;
}

function parseEntry(entry: string): AllowedSource | undefined {
  // A bare IPv6 address has colons of its own: with a port it stands in brackets.
  const [, bracketed, bracketPort] = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(entry) ?? [];
  const isBareIpv6 = bracketed === undefined && isIPv6(entry.split('/', 1)[0] ?? '');
  const [, plain, plainPort] = bracketed === undefined && !isBareIpv6 ? (/^([^:]+)(?::(\d{1,5}))?$/.exec(entry) ?? []) : [];
  const host = bracketed ?? plain ?? entry;
  const port = bracketPort ?? plainPort;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return undefined;
  if (/\s/.test(host)) return undefined;
  const rest = { port: port === undefined ? null : Number(port), toString: () => entry };
  if (isIP(host.split('/', 1)[0] ?? '') === 0)
    return HOST_NAME.test(host) ? { name: host.toLowerCase(), network: AddressSet.EMPTY, ...rest } : undefined;
  try {
    return { name: null, network: AddressSet.parse(host), ...rest };
  } catch {
    return undefined;
  }
}
