// Why somebody is not signed in, in plain words. Of a word out of the address only the known ones mean something: anybody can make a
// link to this page, and must not choose what it says.
import { ServerError } from '../../errors.js';
import { failureText } from '../app/failure-text.js';
import { CookieRefusedError, type WhyOut } from '../app/session.js';
import { t } from '../i18n/i18n.js';

/** A key that is not accepted, and everything else that may come of showing one. */
export function signInFailure(error: unknown): string {
  if (error instanceof CookieRefusedError) return t('access.no_cookie');
  if (error instanceof ServerError && error.code === 'UNAUTHORIZED') return t('access.wrong_key');
  return failureText(error);
}

/** How long to wait before the next attempt, in ms. */
export function waitMs(error: unknown): number {
  return error instanceof ServerError && error.code === 'RATE_LIMITED' ? (error.retryAfterMs ?? 0) : 0;
}

/** As the service names them in the address that it sends a browser back to. */
const PROVIDER_FAILURES = ['denied', 'expired', 'no_role', 'unavailable', 'failed'] as const;

export function whyText(why: WhyOut): string {
  if (why.is !== 'provider') return t(`access.${why.is === 'lost' ? 'lost' : 'ticket_of_no_use'}`);
  const known = PROVIDER_FAILURES.find((failure) => failure === why.code);
  return t(`access.provider_${known ?? 'failed'}`);
}
