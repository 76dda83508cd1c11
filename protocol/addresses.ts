// Addresses of the internet as text, and sets of them (single ones, CIDR ranges, and the ranges that have names). One address has
// one spelling here: an IPv4 address that comes in IPv6's clothes is the IPv4 address.
import { isIP, isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Ranges that may be given by name. */
const NAMED = {
  loopback: ['127.0.0.0/8', '::1/128'],
  /** Private, carrier-grade, link-local and unique-local ones; loopback is not among them. */
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16', 'fc00::/7', 'fe80::/10'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

const IPV6_SITE_PARTS = 4;

type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** The one spelling of an address, without its zone; undefined when the text is none. */
export function canonicalAddress(text: string): string | undefined {
  return parsed(text)?.toString();
}

/** Whoever has one address of IPv6 has all of its /64; the text itself for IPv4 and for what is no address. */
export function siteOf(address: string): string {
  const found = parsed(address);
  return found instanceof ipaddr.IPv6 ? found.parts.slice(0, IPV6_SITE_PARTS).join(':') : address;
}

/**
 * The address in what proxies write: alone, with a port, in brackets.
 * @returns undefined for names, `unknown` and anything else
 */
export function addressOfHop(text: string): string | undefined {
  const [, bracketed] = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text) ?? [];
  if (bracketed !== undefined) return canonicalAddress(bracketed);
  const [, withPort] = /^([\d.]+):\d{1,5}$/.exec(text) ?? [];
  return canonicalAddress(withPort ?? text);
}

/** Addresses that are treated alike. */
export class AddressSet {
  static readonly EMPTY = new AddressSet('', []);
  readonly #text: string;
  readonly #ranges: readonly Range[];

  private constructor(text: string, ranges: readonly Range[]) {
    this.#text = text;
    this.#ranges = ranges;
  }

  /**
   * @param list addresses, ranges (`10.0.0.0/8`), `loopback` and `private`, separated by commas or spaces
   * @throws RangeError that names the part which is none of these
   */
  static parse(list: string): AddressSet {
    const ranges = list.split(/[\s,]+/).flatMap((part) => (part === '' ? [] : rangesOf(part)));
    return new AddressSet(list.trim(), ranges);
  }

  /** As it was written. */
  toString(): string {
    return this.#text;
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** False for what is no address. */
  has(address: string): boolean {
    if (this.isEmpty) return false;
    const found = parsed(address);
    return found !== undefined && this.#ranges.some(([base, bits]) => found.kind() === base.kind() && found.match(base, bits));
  }
}

export const LOOPBACK = AddressSet.parse('loopback');

function rangesOf(part: string): readonly Range[] {
  if (Object.hasOwn(NAMED, part)) return NAMED[part as keyof typeof NAMED].map(rangeOf);
  return [rangeOf(part)];
}

function rangeOf(part: string): Range {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(part) ?? [];
  // In the family that it was written in: `::ffff:10.0.0.0/104` is IPv6's way to write 10.0.0.0/8.
  if (isIP(address) === 0) throw notAnAddress(part);
  const written = ipaddr.parse(address);
  const most = written.kind() === 'ipv4' ? 32 : 128;
  const given = bits === undefined ? most : Number(bits);
  if (given > most) throw notAnAddress(part);
  if (written instanceof ipaddr.IPv6 && written.isIPv4MappedAddress() && given >= 96)
    return [written.toIPv4Address(), given - 96];
  return [written, given];
}

const notAnAddress = (part: string): RangeError =>
  new RangeError(`${JSON.stringify(part)} is neither an address nor a range such as 10.0.0.0/8, nor loopback nor private`);

/** Only what the standards write: the library alone would also take `0x7f.1`. */
function parsed(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const [bare = ''] = text.split('%');
  if (isIP(bare) === 0) return undefined;
  return isIPv4(bare) ? ipaddr.IPv4.parse(bare) : ipaddr.process(bare);
}
