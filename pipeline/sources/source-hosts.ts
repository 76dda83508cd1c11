// Which hosts cameras may be looked for at. Judged by the address that is connected to, never by the name alone, so that
// neither a name that points home nor one that changes between two looks gets past. Pure but for this machine's own addresses.
import { BlockList, isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { OWN_ADDRESS, PRIVATE_ADDRESS, type Failure } from './failure.js';

/** One entry of `ONLOOKER_ALLOWED_SOURCES`. */
export interface AllowedSource {
  /** A host name in lower case, or null: `network` says which addresses. */
  readonly name: string | null;
  readonly network: BlockList;
  /** Null: every port. */
  readonly port: number | null;
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

function list(subnets: readonly string[]): BlockList {
  const all = new BlockList();
  for (const subnet of subnets) add(all, subnet);
  return all;
}

function add(all: BlockList, subnet: string): void {
  const [address = '', bits] = subnet.split('/');
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  all.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
}

// IPv4 inside of IPv6 (`::ffff:…`) is found by BlockList itself; the older and the translated forms stand here.
const LOOPBACK = list(['127.0.0.0/8', '0.0.0.0/8', '::1', '::', '::7f00:0/104', '64:ff9b::7f00:0/104', '2002:7f00::/24']);
/** Link-local networks, and where clouds tell their machines secrets. */
const INTERNAL = list([
  ...['169.254.0.0/16', 'fe80::/10', '::a9fe:0/112', '64:ff9b::a9fe:0/112', '2002:a9fe::/32'],
  ...['100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd00:ec2::254', 'fd20:ce::254'],
]);
/** Multicast, broadcast and reserved: nobody's address. */
const NOBODY = list(['224.0.0.0/3', 'ff00::/8']);

/**
 * @param ip the address that the host's name led to
 * @returns why it must not be connected to, or null
 */
export function refusalOf(to: Destination, ip: string, rules: HostRules): Failure | null {
  const isOwn = isThisMachine(ip);
  if (isOwn && to.port === rules.ownPort) return OWN_ADDRESS;
  if (isAllowed(to, ip, rules)) return null;
  if (has(INTERNAL, ip) || has(NOBODY, ip)) return PRIVATE_ADDRESS;
  // What speaks RTSP is a camera or a relay of cameras; http is spoken by everything, and answers with what it holds.
  return isOwn && to.kind === 'http' && rules.servesOthers?.() === true ? PRIVATE_ADDRESS : null;
}

/** Whether somebody listed it outright. */
export function isAllowed(to: Destination, ip: string, { allowed = [] }: HostRules): boolean {
  const name = to.host.toLowerCase();
  return allowed.some((entry) => (entry.port ?? to.port) === to.port && (entry.name === name || has(entry.network, ip)));
}

/** Loopback, or an address of one of its network cards. */
export function isThisMachine(ip: string): boolean {
  return (
    has(LOOPBACK, ip) ||
    Object.values(networkInterfaces()).some((cards) => cards?.some(({ address }) => has(list([address]), ip)))
  );
}

/**
 * Reads `ONLOOKER_ALLOWED_SOURCES`: names, addresses and networks (`10.0.0.0/8`), each with a port or without, parted by commas.
 * @returns null where it cannot be read
 */
export function parseAllowedSources(text: string): readonly AllowedSource[] | null {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(parseEntry);
  return entries.includes(null) ? null : (entries as AllowedSource[]);
}

function parseEntry(entry: string): AllowedSource | null {
  // A bare IPv6 address has colons of its own: with a port it stands in brackets.
  const [, bracketed, bracketPort] = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(entry) ?? [];
  const [, plain, plainPort] =
    bracketed === undefined && !isIPv6(entry.split('/', 1)[0] ?? '') ? (/^([^:]+)(?::(\d{1,5}))?$/.exec(entry) ?? []) : [];
  const host = bracketed ?? plain ?? entry;
  const port = bracketPort ?? plainPort;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return null;
  const rest = { port: port === undefined ? null : Number(port) };
  const [address = '', bits] = host.split('/');
  const family = isIP(address);
  if (family === 0)
    return /^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i.test(host)
      ? { name: host.toLowerCase(), network: new BlockList(), ...rest }
      : null;
  if (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32))) return null;
  return { name: null, network: list([host]), ...rest };
}

function has(all: BlockList, ip: string): boolean {
  const address = ip.split('%', 1)[0] ?? '';
  const family = isIP(address);
  return family !== 0 && all.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
