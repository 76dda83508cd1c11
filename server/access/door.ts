// What every request and every upgrade passes, in this order: is it for us and from whom we serve (admission), who is it
// (authentication), may they do this (rights). Only then is a body read or anything told.
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { OnlookerError } from '../../protocol/errors.js';
import type { Admission, Admitted } from './admission.js';
import type { Authenticator } from './authenticator.js';
import { credentialOf, type Credential } from './credentials.js';
import type { Limits } from './limits.js';
import { may, type Principal } from './principal.js';
import type { Refusals } from './refusals.js';
import type { ForwardedReader } from './forwarded.js';
import { readHead, type RequestHead } from './request-head.js';
import { missingRight, type Right } from './rights.js';

export interface DoorOptions {
  readonly admission: Admission;
  readonly authenticator: Authenticator;
  readonly refusals: Refusals;
  readonly forwarded: ForwardedReader;
  readonly limits: Limits;
}

export class Door {
  readonly #admission: Admission;
  readonly #authenticator: Authenticator;
  readonly #refusals: Refusals;
  readonly #forwarded: ForwardedReader;
  readonly #limits: Limits;

  constructor({ admission, authenticator, refusals, forwarded, limits }: DoorOptions) {
    this.#admission = admission;
    this.#authenticator = authenticator;
    this.#refusals = refusals;
    this.#forwarded = forwarded;
    this.#limits = limits;
  }

  /** To be called in the request's handler, before anything is awaited. */
  headOf(res: HttpResponse, req: HttpRequest): RequestHead {
    return this.#admission.withoutBorrowedCookies(readHead(res, req, this.#forwarded));
  }

  /** @throws OnlookerError FORBIDDEN */
  admit(head: RequestHead, linkable = false, anyOrigin = false): Admitted {
    return this.#admission.admit(head, linkable, anyOrigin);
  }

  /**
   * @param shown where it is not in the head
   * A promise only where a token of an identity provider is shown, so that everybody else is let in within the same turn.
   * @returns null for somebody who shows nothing where that is not enough
   * @throws OnlookerError UNAUTHORIZED for a wrong credential, FORBIDDEN for one that has no role here, RATE_LIMITED after many wrong
   *   ones of the address: a right key passes all the same, a token that was not looked at yet does not
   */
  identify(head: RequestHead, shown: Credential | null = credentialOf(head)): Principal | null | Promise<Principal> {
    try {
      if (this.#authenticator.isCostly(shown)) this.#limits.assertNotSlowed(head.clientAddress);
      const found = this.#authenticator.identify(shown);
      return found instanceof Promise ? found.catch((error: unknown) => this.#wrong(head, shown, error)) : found;
    } catch (error) {
      return this.#wrong(head, shown, error);
    }
  }

  /** @throws OnlookerError UNAUTHORIZED where there is nobody, FORBIDDEN where somebody may not */
  authorise(head: RequestHead, principal: Principal | null, right: Right): Principal {
    if (principal === null) return this.#refused(head, new OnlookerError('UNAUTHORIZED', 'A key is needed.'));
    if (!may(principal, right)) return this.#refused(head, missingRight(right));
    return principal;
  }

  /** Counts what is the asker's fault. */
  count({ clientAddress }: Pick<RequestHead, 'clientAddress'>, error: unknown): void {
    const code = error instanceof OnlookerError ? error.code : null;
    if (code === 'UNAUTHORIZED') this.#refusals.count('unauthorized', clientAddress);
    if (code === 'RATE_LIMITED') this.#refusals.count('rate_limited', clientAddress);
    if (code === 'FORBIDDEN') this.#refusals.count('forbidden', clientAddress);
  }

  /** @throws OnlookerError RATE_LIMITED where one client asks for too much */
  limit({ clientAddress }: RequestHead, principal: Principal | null): void {
    try {
      this.#limits.request(principal, clientAddress);
    } catch (error) {
      this.#refused({ clientAddress }, error);
    }
  }

  /** As `Limits.came`. */
  came({ clientAddress }: RequestHead, principal: Principal | null, bytes: number): void {
    this.#limits.came(principal, clientAddress, bytes);
  }

  /** Before a WebSocket is set up. @throws OnlookerError RATE_LIMITED, LIMIT_REACHED */
  handshake(head: RequestHead): void {
    try {
      this.#limits.handshake(head.clientAddress);
    } catch (error) {
      this.#refused(head, error);
    }
  }

  /** The cookie of a session that is over is no attempt: a page that is left open shows it again and again. */
  #wrong(head: RequestHead, shown: Credential | null, error: unknown): never {
    try {
      const isWrong = error instanceof OnlookerError && error.code === 'UNAUTHORIZED' && shown?.kind !== 'session';
      if (isWrong) this.#limits.wrongKey(head.clientAddress);
    } catch (limited) {
      return this.#refused(head, limited);
    }
    return this.#refused(head, error);
  }

  #refused(head: Pick<RequestHead, 'clientAddress'>, error: unknown): never {
    this.count(head, error);
    throw error;
  }
}
