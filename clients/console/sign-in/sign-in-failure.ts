// Why somebody is not signed in, in plain words. A word out of the address is told only where it is known, or looks like a code:
// anybody can make a link to this page.
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

export function whyText(why: WhyOut): string {
  if (why.is !== 'provider') return t(`access.${why.is === 'lost' ? 'lost' : 'ticket_of_no_use'}`);
  const code = why.code.toLowerCase();
  if (code === 'access_denied') return t('access.provider_denied');
  if (code === 'forbidden') return t('access.provider_no_role');
  return /^[a-z_]{1,40}$/.test(code) ? t('access.provider_failed_with', { code }) : t('access.provider_failed');
}
