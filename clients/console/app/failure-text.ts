// What went wrong, in plain words. The service's own sentence is the last resort: it is English alone.
import { ConnectionError, ServerError } from '../../errors.js';
import { t } from '../i18n/i18n.js';

export function failureText(error: unknown): string {
  if (error instanceof ConnectionError) return t('shell.unreachable');
  if (error instanceof ServerError) return t('shell.failed', { message: error.message });
  return t('shell.failed', { message: error instanceof Error ? error.message : String(error) });
}
