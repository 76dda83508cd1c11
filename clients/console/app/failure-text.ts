// What went wrong, in plain words. The service's own sentence is the last resort: it is English alone.
import { ConnectionError, ServerError } from '../../errors.js';
import { ROLES } from '../../../protocol/access.js';
import { formatDuration, t } from '../i18n/i18n.js';
import { rolesText } from './roles-text.js';

export function failureText(error: unknown): string {
  if (error instanceof ConnectionError) return t('shell.unreachable');
  if (error instanceof ServerError && error.code === 'UNAUTHORIZED') return t('access.unauthorized');
  if (error instanceof ServerError && error.code === 'FORBIDDEN') return forbiddenText(error);
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

/** Who may, where the service says so. */
function forbiddenText({ details }: ServerError): string {
  const named = String(details?.['roles'] ?? '').split(' ');
  const roles = ROLES.filter((role) => named.includes(role));
  return roles.length === 0 ? t('access.forbidden') : t('access.forbidden_but', { roles: rolesText(roles) });
}
