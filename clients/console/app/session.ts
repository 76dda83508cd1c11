// Who is signed in here, and what they may do. The session is a cookie that no script can read, so the service is asked; and
// asked again whenever it refuses something. Must never keep a key or a ticket.
import { signal } from '@preact/signals';
import { RIGHTS_OF_ROLE, type PrincipalAnswer, type Right, type SessionAnswer } from '../../../protocol/access.js';
import { ServerError } from '../../errors.js';
import type { Arrival } from './arrival.js';
import { failureText } from './failure-text.js';
import { http, whenUnauthorized } from './service.js';
import { commitPending } from './undo.js';

export type Session =
  /** The service has not answered yet; `failure` says why. */
  | { readonly is: 'unknown'; readonly failure?: string }
  | { readonly is: 'out'; readonly oidc: boolean; readonly why?: WhyOut | undefined }
  | { readonly is: 'in'; readonly principal: PrincipalAnswer };

/** `lost`: it was over all at once · `ticket`: the link was of no use · otherwise what the identity provider's way ended with. */
export type WhyOut = { readonly is: 'lost' | 'ticket' } | { readonly is: 'provider'; readonly code: string };

export const session = signal<Session>({ is: 'unknown' });

/** What the browser does not keep cannot be shown by it. */
export class CookieRefusedError extends Error {}

const RETRY_MS = 2_000;
/** Who was signed in on this page last: what it has in memory is theirs. */
let last: PrincipalAnswer | undefined;
let asking: Promise<void> | undefined;
let held: Promise<void> = Promise.resolve();

/** Whether whoever is signed in may do this. Read inside of a component it follows the session. */
export function can(right: Right): boolean {
  const now = session.value;
  return now.is === 'in' && now.principal.roles.some((role) => RIGHTS_OF_ROLE[role].includes(right));
}

export function currentPrincipal(): PrincipalAnswer | undefined {
  const now = session.value;
  return now.is === 'in' ? now.principal : undefined;
}

/** Finds out who is there, however long the service takes; signs in by a ticket that the address had. */
export async function startSession(arrival: Arrival | undefined): Promise<void> {
  whenUnauthorized(() => void checkSession());
  for (;;) {
    try {
      return await begin(arrival);
    } catch (error) {
      session.value = { is: 'unknown', failure: failureText(error) };
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** A ticket that came later, in an address that was opened on this page. */
export async function arrive(arrival: Arrival): Promise<void> {
  // What cannot be reached now leaves everything as it is.
  await begin(arrival).catch(() => undefined);
}

async function begin(arrival: Arrival | undefined): Promise<void> {
  if (arrival?.ticket !== undefined) {
    try {
      return await signIn({ ticket: arrival.ticket });
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      // Whoever is signed in already stays so.
      return take(await http.session.get(), { is: 'ticket' });
    }
  }
  const why = arrival?.error === undefined ? undefined : ({ is: 'provider', code: arrival.error } as const);
  take(await http.session.get(), why);
}

/** @param shown a key, or a ticket @throws ServerError `UNAUTHORIZED`, `RATE_LIMITED` · ConnectionError · CookieRefusedError */
export async function signIn(shown: string | { readonly ticket: string }): Promise<void> {
  await http.session.signIn(shown);
  const answer = await http.session.get();
  if (answer.principal === null) throw new CookieRefusedError();
  take(answer);
}

/** The page begins anew, with nothing in its memory and no connection open. @throws ServerError · ConnectionError */
export async function signOut(): Promise<void> {
  await commitPending();
  await http.session.signOut();
  location.reload();
}

/** Asks whether the session still holds; once for all who want to know at the same time. */
export function checkSession(): Promise<void> {
  asking ??= check().finally(() => (asking = undefined));
  return asking;
}

/** Nothing is asked, and so nobody is sent to the sign-in, until what is returned is called: the credential is being changed. */
export function holdSession(): () => void {
  let release: () => void = () => undefined;
  held = new Promise((resolve) => (release = resolve));
  return release;
}

async function check(): Promise<void> {
  await held;
  try {
    const answer = await http.session.get();
    take(answer, session.value.is === 'in' ? { is: 'lost' } : undefined);
  } catch {
    // Out of reach: that is told elsewhere, and whoever was signed in is so still.
  }
}

function take({ authentication, principal }: SessionAnswer, why?: WhyOut): void {
  if (principal === null) {
    const before = session.value;
    session.value = { is: 'out', oidc: authentication.oidc, why: why ?? (before.is === 'out' ? before.why : undefined) };
    return;
  }
  // Somebody else must not see what the page has in memory of the one before.
  if (session.value.is === 'out' && last !== undefined && JSON.stringify(last) !== JSON.stringify(principal)) {
    return location.reload();
  }
  last = principal;
  session.value = { is: 'in', principal };
}
