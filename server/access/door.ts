// What every request and every upgrade passes, in this order: is it for us and from whom we serve (admission), who is it
// (authentication), may they do this (rights). Only then is a body read or anything told.
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { OnlookerError } from '../../protocol/errors.js';
import type { Admission, Admitted } from './admission.js';
import type { Authenticator } from './authenticator.js';
import { credentialOf, type Credential } from './credentials.js';
import { may, type Principal } from './principal.js';
import type { Refusals } from './refusals.js';
import type { ForwardedReader } from './forwarded.js';
import { readHead, type RequestHead } from './request-head.js';
import type { Right } from './rights.js';

export interface DoorOptions {
  readonly admission: Admission;
  readonly authenticator: Authenticator;
  readonly refusals: Refusals;
  readonly forwarded: ForwardedReader;
}

export class Door {
  readonly #admission: Admission;
  readonly #authenticator: Authenticator;
  readonly #refusals: Refusals;
  readonly #forwarded: ForwardedReader;

  constructor({ admission, authenticator, refusals, forwarded }: DoorOptions) {
    this.#admission = admission;
    this.#authenticator = authenticator;
    this.#refusals = refusals;
    this.#forwarded = forwarded;
  }

  /** To be called in the request's handler, before anything is awaited. */
  headOf(res: HttpResponse, req: HttpRequest): RequestHead {
    return this.#admission.withoutBorrowedCookies(readHead(res, req, this.#forwarded));
  }

  /** @throws OnlookerError FORBIDDEN */
  admit(head: RequestHead, linkable = false): Admitted {
    return this.#admission.admit(head, linkable);
  }

  /**
   * @param shown where it is not in the head
   * A promise only where a token of an identity provider is shown, so that everybody else is let in within the same turn.
   * @returns null for somebody who shows nothing where that is not enough
   * @throws OnlookerError UNAUTHORIZED for a wrong credential, FORBIDDEN for one that has no role here
   */
  identify(head: RequestHead, shown: Credential | null = credentialOf(head)): Principal | null | Promise<Principal> {
    try {
      const found = this.#authenticator.identify(shown);
      return found instanceof Promise ? found.catch((error: unknown) => this.#refused(head, error)) : found;
    } catch (error) {
      return this.#refused(head, error);
    }
  }

  /** @throws OnlookerError UNAUTHORIZED where there is nobody, FORBIDDEN where somebody may not */
  authorise(head: RequestHead, principal: Principal | null, right: Right): Principal {
    if (principal === null) return this.#refused(head, new OnlookerError('UNAUTHORIZED', 'A key is needed.'));
    if (!may(principal, right)) return this.#refused(head, new OnlookerError('FORBIDDEN'));
    return principal;
  }

  /** Counts what is the asker's fault. */
  count({ clientAddress }: RequestHead, error: unknown): void {
    const code = error instanceof OnlookerError ? error.code : null;
    if (code === 'UNAUTHORIZED') this.#refusals.count('unauthorized', clientAddress);
    if (code === 'FORBIDDEN') this.#refusals.count('forbidden', clientAddress);
  }

  #refused(head: RequestHead, error: unknown): never {
    this.count(head, error);
    throw error;
  }
}
