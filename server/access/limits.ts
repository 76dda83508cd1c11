// What one address, or one key, may ask for in a time: wrong keys, requests, frames and bytes, connections. Whoever uses the service from
// its own machine without a key has no limits but for wrong keys.
import { OnlookerError } from '../../protocol/errors.js';
import type { Settings } from '../settings.js';
import { LOOPBACK, siteOf } from '../../protocol/addresses.js';
import type { Principal } from './principal.js';
import { Rates } from './rates.js';

export type LimitSettings = Pick<
  Settings,
  | 'wrongKeysPerMinute'
  | 'maxRequestsPerS'
  | 'maxFramesPerS'
  | 'maxMbPerS'
  | 'maxConnectionsOfAddress'
  | 'maxConnectionsOfKey'
  | 'maxHandshakesPerS'
>;

/** For so long an answer is held back that says that too much is asked for. */
export const HELD_BACK_MS = 500;
const MB = 1_000_000;

export class Limits {
  readonly #wrongKeys: Rates | null;
  readonly #requests: Rates | null;
  readonly #frames: Rates | null;
  readonly #bytes: Rates | null;
  readonly #handshakes: Rates | null;
  readonly #mostOfAddress: number;
  readonly #mostOfPrincipal: number;
  /** By site, and by principal. */
  readonly #connections = new Map<string, number>();

  constructor(settings: LimitSettings, nowMs: () => number = () => performance.now()) {
    const { wrongKeysPerMinute } = settings;
    const rates = (perSecond: number, burst = perSecond): Rates | null =>
      perSecond === 0 ? null : new Rates({ perSecond, burst, nowMs });
    this.#wrongKeys = rates(wrongKeysPerMinute / 60, wrongKeysPerMinute);
    this.#requests = rates(settings.maxRequestsPerS);
    this.#frames = rates(settings.maxFramesPerS);
    this.#bytes = rates(settings.maxMbPerS * MB);
    this.#handshakes = rates(settings.maxHandshakesPerS);
    this.#mostOfAddress = settings.maxConnectionsOfAddress;
    this.#mostOfPrincipal = settings.maxConnectionsOfKey;
  }

  /** To be asked before what is costly to look at. @throws OnlookerError RATE_LIMITED */
  assertNotSlowed(address: string): void {
    assertPassed(this.#wrongKeys?.waitMs(siteOf(address)) ?? 0, 'Too many wrong keys came from this address.');
  }

  /** @throws OnlookerError RATE_LIMITED past so many */
  wrongKey(address: string): void {
    assertPassed(this.#wrongKeys?.take(siteOf(address)) ?? 0, 'Too many wrong keys came from this address.');
  }

  /** @param principal null for a public address @throws OnlookerError RATE_LIMITED */
  request(principal: Principal | null, address: string): void {
    const who = whoOf(principal, address);
    if (who === null) return;
    assertPassed(this.#bytes?.waitMs(who) ?? 0, 'More bytes come than one client may send.');
    assertPassed(this.#requests?.take(who) ?? 0, 'More requests come than one client may make.');
  }

  /** Bytes of a body as they come, never as they are announced: whoever sends too many waits before the next request. */
  came(principal: Principal | null, address: string, bytes: number): void {
    const who = whoOf(principal, address);
    if (who !== null) this.#bytes?.charge(who, bytes);
  }

  /** @returns after how long the next frame may come, where this one may not; 0 where it may */
  frame(principal: Principal, address: string, bytes: number): number {
    const who = whoOf(principal, address);
    if (who === null) return 0;
    const waitMs = this.#bytes?.waitMs(who) ?? 0;
    if (waitMs > 0) return waitMs;
    const framesMs = this.#frames?.take(who) ?? 0;
    if (framesMs === 0) this.#bytes?.take(who, bytes);
    return framesMs;
  }

  /** @throws OnlookerError RATE_LIMITED for too many handshakes, LIMIT_REACHED for too many connections */
  handshake(address: string): void {
    if (LOOPBACK.has(address)) return;
    const site = siteOf(address);
    assertPassed(this.#handshakes?.take(site) ?? 0, 'Too many connections are being made from this address.');
    const most = this.#mostOfAddress;
    if (most > 0 && (this.#connections.get(site) ?? 0) >= most) {
      throw new OnlookerError('LIMIT_REACHED', `An address may have ${most} connections.`);
    }
  }

  /** A WebSocket was opened. @returns to be called once when it has closed */
  connected(address: string, principal: Principal): () => void {
    const counted = [siteOf(address), ...(principal.kind === 'local' ? [] : [nameOf(principal)])];
    for (const who of counted) this.#count(who, 1);
    return () => {
      for (const who of counted) this.#count(who, -1);
    };
  }

  /** @throws OnlookerError LIMIT_REACHED where one key or person has too many connections */
  assertMayConnect(principal: Principal): void {
    const most = this.#mostOfPrincipal;
    if (principal.kind === 'local' || most === 0) return;
    if ((this.#connections.get(nameOf(principal)) ?? 0) >= most) {
      throw new OnlookerError('LIMIT_REACHED', `A key or person may have ${most} connections.`);
    }
  }

  #count(who: string, change: number): void {
    const count = (this.#connections.get(who) ?? 0) + change;
    if (count > 0) this.#connections.set(who, count);
    else this.#connections.delete(who);
  }
}

function assertPassed(waitMs: number, message: string): void {
  if (waitMs > 0) throw new OnlookerError('RATE_LIMITED', message, undefined, { retryAfterMs: Math.ceil(waitMs) });
}

/** No address looks like it. */
const nameOf = ({ id }: Principal): string => `of ${id}`;

function whoOf(principal: Principal | null, address: string): string | null {
  if (principal !== null && principal.kind !== 'local') return nameOf(principal);
  return LOOPBACK.has(address) ? null : siteOf(address);
}
