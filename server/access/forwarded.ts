// Who a request comes from and under which address it reached us, with what proxies say about it. Only proxies that are trusted are
// believed: anybody can write these headers. Pure: it reads a request and decides nothing.
import { addressOfHop, canonicalAddress, type AddressSet } from '../../protocol/addresses.js';

/** The part of uWebSockets.js' request that is read; names are lower case, and a header may come several times. */
export interface RequestHeaders {
  getHeader(name: string): string;
  forEach(tell: (name: string, value: string) => void): void;
}

export interface Forwarded {
  /** In its one spelling; empty where the socket has none. */
  readonly clientAddress: string;
  readonly scheme: 'http' | 'https';
  /** As the client wrote it, with the port if it wrote one. To be checked by whoever relies on it. */
  readonly host: string;
  /** Path under which the client sees this service: empty, or `/` and more without a `/` at its end. */
  readonly prefix: string;
}

export interface ForwardedOptions {
  readonly trusted: AddressSet;
  /** What the service itself speaks. */
  readonly scheme: Forwarded['scheme'];
  /** Prefix where no proxy names one (`ONLOOKER_BASE_PATH`). */
  readonly basePath: string;
}

export type ForwardedReader = (peerAddress: string, headers: RequestHeaders) => Forwarded;

const FOR = 'x-forwarded-for';
const PROTO = 'x-forwarded-proto';
const HOST = 'x-forwarded-host';
const PREFIX = 'x-forwarded-prefix';
/** Home Assistant's. */
const INGRESS_PATH = 'x-ingress-path';
const STANDARD = 'forwarded';
const READ: ReadonlySet<string> = new Set([FOR, PROTO, HOST, PREFIX, INGRESS_PATH, STANDARD]);

const MAX_PREFIX_LENGTH = 200;
/** No `%`, so that nothing is hidden in it; no `;` and no `,`, since it goes into cookies and lists. */
const PREFIX_SHAPE = /^(?:\/[A-Za-z0-9._~@:+=-]+)+$/;

/**
 * A reader of requests. The client is the right-most address that is no trusted proxy: whatever stands left of it was written by
 * strangers. What is said about scheme and host is taken from the proxy that the client reached.
 */
export function forwardedReader({ trusted, scheme, basePath }: ForwardedOptions): ForwardedReader {
  return (peerAddress, headers) => {
    const peer = canonicalAddress(peerAddress) ?? '';
    const own: Forwarded = { clientAddress: peer, scheme, host: headers.getHeader('host'), prefix: basePath };
    return trusted.has(peer) ? believed(own, linesOf(headers), trusted) : own;
  };
}

/** A path prefix in its one spelling, without a slash at its end; undefined when it is none that may be believed. */
export function pathPrefix(text: string): string | undefined {
  const bare = text.replace(/\/$/, '');
  if (bare === '') return '';
  if (bare.length > MAX_PREFIX_LENGTH || !PREFIX_SHAPE.test(bare)) return undefined;
  return bare.split('/').some((part) => part === '.' || part === '..') ? undefined : bare;
}

function believed(own: Forwarded, lines: ReadonlyMap<string, string>, trusted: AddressSet): Forwarded {
  const list = (name: string): readonly string[] => (lines.get(name) ?? '').split(',').flatMap((part) => part.trim() || []);
  const prefix = pathPrefix(list(INGRESS_PATH).at(-1) ?? list(PREFIX).at(-1) ?? '') || own.prefix;
  // A proxy that writes the one kind lets the other pass as it came. Nearly all write X-Forwarded-*, so that kind goes first.
  if (![FOR, PROTO, HOST].some((name) => lines.has(name))) return { ...ofStandard(own, lines, trusted), prefix };
  const { address, hops } = clientOf(own.clientAddress, list(FOR), trusted);
  const ofClient = (name: string): string | undefined => {
    const values = list(name);
    return values[Math.max(0, values.length - hops)];
  };
  return { clientAddress: address, scheme: schemeOf(ofClient(PROTO)) ?? own.scheme, host: ofClient(HOST) ?? own.host, prefix };
}

/**
 * RFC 7239: each proxy adds one element with what it knows. Neither addresses nor hosts hold a comma, so quotes are not minded
 * between elements: one that a stranger leaves open would swallow what the proxy wrote after it.
 */
function ofStandard(own: Forwarded, lines: ReadonlyMap<string, string>, trusted: AddressSet): Forwarded {
  const elements = (lines.get(STANDARD) ?? '').split(',').map(pairsOf);
  const { address, hops } = clientOf(
    own.clientAddress,
    elements.map((pairs) => pairs.get('for') ?? ''),
    trusted,
  );
  const sinceClient = elements.slice(Math.max(0, elements.length - hops));
  const first = (name: string): string | undefined => sinceClient.find((pairs) => pairs.has(name))?.get(name);
  return { ...own, clientAddress: address, scheme: schemeOf(first('proto')) ?? own.scheme, host: first('host') ?? own.host };
}

/** @returns the client, and how many proxies stand between, so which entry from the right speaks of it; at least 1 */
function clientOf(peer: string, chain: readonly string[], trusted: AddressSet): { address: string; hops: number } {
  let address = peer;
  let hops = 0;
  while (hops < chain.length && trusted.has(address)) {
    const next = addressOfHop(chain[chain.length - 1 - hops] ?? '');
    // `unknown`, or a made-up name: what stands left of it cannot be followed.
    if (next === undefined) break;
    address = next;
    hops++;
  }
  return { address, hops: Math.max(1, hops) };
}

/** All lines of a header as one, as HTTP has it: a proxy may add a line below that of the client. */
function linesOf(headers: RequestHeaders): ReadonlyMap<string, string> {
  const lines = new Map<string, string>();
  headers.forEach((name, value) => {
    if (!READ.has(name)) return;
    const before = lines.get(name);
    lines.set(name, before === undefined ? value : `${before},${value}`);
  });
  return lines;
}

function schemeOf(text: string | undefined): Forwarded['scheme'] | undefined {
  const scheme = text?.toLowerCase();
  if (scheme === 'https' || scheme === 'wss') return 'https';
  return scheme === 'http' || scheme === 'ws' ? 'http' : undefined;
}

function pairsOf(element: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const pair of element.split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0) pairs.set(pair.slice(0, equals).trim().toLowerCase(), unquoted(pair.slice(equals + 1).trim()));
  }
  return pairs;
}

const unquoted = (text: string): string => (/^".*"$/.test(text) ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text);
