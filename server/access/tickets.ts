// Tickets: good for one entry within a minute, for clients that can send no header, so that no key stands in an address (which
// proxies log) or in the settings of a small camera. Kept in memory as hashes, by nobody past their time.
import { randomBytes } from 'node:crypto';
import type { Role } from '../../protocol/access.js';
import { OnlookerError } from '../../protocol/errors.js';
import { secretHash } from './keys/api-key.js';
import { assertMayTouch, type Principal } from './principal.js';
import { StreamPatterns } from './stream-patterns.js';

const TICKET_MS = 60_000;
const MOST_TICKETS = 10_000;
/** Somebody who asks for tickets without end takes none from the others. */
const MOST_OF_ONE = 1000;
const SECRET_BYTES = 32;

interface Ticket {
  readonly principal: Principal;
  readonly expiresAtMs: number;
}

export interface TicketWishes {
  /** The only stream that it is for; any that its maker may touch where it is left out. */
  readonly stream?: string | undefined;
  /** One of its maker's roles; all of them where it is left out. */
  readonly role?: Role | undefined;
  readonly ttlMs?: number;
}

export class Tickets {
  readonly #now: () => number;
  /** By hash, in the order of their making. */
  readonly #tickets = new Map<string, Ticket>();
  readonly #ofOne = new Map<string, number>();

  /** @param now Unix ms */
  constructor(now: () => number = steadyNow) {
    this.#now = now;
  }

  /** @throws OnlookerError FORBIDDEN for more than its maker may itself, and for makers that have a ticket themselves; LIMIT_REACHED */
  issue(maker: Principal, { stream, role, ttlMs = TICKET_MS }: TicketWishes): { ticket: string; expires_at: number } {
    // Or one that was found in an address would never run out.
    if (maker.kind === 'ticket') throw new OnlookerError('FORBIDDEN', 'A ticket makes no further tickets.');
    if (role !== undefined && !maker.roles.includes(role) && !maker.roles.includes('admin')) {
      throw new OnlookerError('FORBIDDEN', `A ticket with the role ${role} can be made by whoever has that role, or admin.`);
    }
    if (stream !== undefined) assertMayTouch(maker, stream);
    this.#forgetOld();
    if (this.#tickets.size >= MOST_TICKETS || (this.#ofOne.get(maker.id) ?? 0) >= MOST_OF_ONE) {
      const isFull = this.#tickets.size >= MOST_TICKETS;
      const first = [...this.#tickets.values()].find(({ principal }) => isFull || principal.id === maker.id);
      const retryAfterMs = Math.max(0, (first?.expiresAtMs ?? 0) - this.#now());
      throw new OnlookerError('LIMIT_REACHED', 'Too many tickets wait to be used.', undefined, { retryAfterMs });
    }
    const text = randomBytes(SECRET_BYTES).toString('base64url');
    const expiresAtMs = this.#now() + ttlMs;
    const principal: Principal = {
      ...maker,
      kind: 'ticket',
      roles: role === undefined ? maker.roles : [role],
      streams: stream === undefined ? maker.streams : new StreamPatterns([stream]),
    };
    this.accept(secretHash(text), principal, ttlMs);
    return { ticket: text, expires_at: expiresAtMs };
  }

  /** Takes in a ticket that was made elsewhere, by its hash. @throws OnlookerError LIMIT_REACHED */
  accept(hash: string, principal: Principal, ttlMs: number): void {
    this.#forgetOld();
    if (this.#tickets.size >= MOST_TICKETS || (this.#ofOne.get(principal.id) ?? 0) >= MOST_OF_ONE) {
      throw new OnlookerError('LIMIT_REACHED', 'Too many tickets wait to be used.');
    }
    this.#tickets.set(hash, { principal, expiresAtMs: this.#now() + ttlMs });
    this.#count(principal.id, 1);
  }

  /** @returns whom it lets in, this once; null for one that is wrong, used, too old, or whose maker is no longer let in */
  redeem(text: string): Principal | null {
    const hash = secretHash(text);
    const ticket = this.#tickets.get(hash);
    if (ticket === undefined) return null;
    this.#forget(hash, ticket);
    return ticket.expiresAtMs > this.#now() && ticket.principal.isValid() ? ticket.principal : null;
  }

  #forgetOld(): void {
    const now = this.#now();
    for (const [hash, ticket] of this.#tickets) if (ticket.expiresAtMs <= now) this.#forget(hash, ticket);
  }

  #forget(hash: string, { principal }: Ticket): void {
    this.#tickets.delete(hash);
    this.#count(principal.id, -1);
  }

  #count(id: string, change: number): void {
    const count = (this.#ofOne.get(id) ?? 0) + change;
    if (count > 0) this.#ofOne.set(id, count);
    else this.#ofOne.delete(id);
  }
}

/** Goes on evenly when the clock is set: a ticket is good for a minute, not until a wrong year is over. */
function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}
