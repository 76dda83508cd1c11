// What went wrong, in plain words. The service's own sentence is the last resort: it is English alone.
import { ConnectionError, ServerError } from '../../errors.js';
import { formatDuration, t } from '../i18n/i18n.js';

export function failureText(error: unknown): string {
  if (error instanceof ConnectionError) return t('shell.unreachable');
  if (error instanceof ServerError && error.code === 'UNAUTHORIZED') return t('access.unauthorized');
  if (error instanceof ServerError && error.code === 'FORBIDDEN') return t('access.forbidden');
  if (error instanceof ServerError && error.code === 'RATE_LIMITED') return rateLimitedText(error);
  if (error instanceof ServerError) return t('shell.failed', { message: error.message });
  return t('shell.failed', { message: error instanceof Error ? error.message : String(error) });
}

/** How long the service wants to be left in peace, where it says so. */
export function rateLimitedText({ retryAfterMs }: ServerError): string {
  return retryAfterMs === undefined
    ? t('access.rate_limited')
    : t('access.rate_limited_for', { time: formatDuration(retryAfterMs) });
}
