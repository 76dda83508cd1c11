// Why a camera could not be saved, in the user's language.
import { ServerError } from '../../errors.js';
import { failureText } from '../app/failure-text.js';
import { isGone } from '../app/gone.js';
import { t } from '../i18n/i18n.js';
import { sourceReason, type SourceReason } from './source-reason.js';

export function saveFailure(error: unknown): SourceReason {
  if (isGone(error)) return { text: t('streams.gone') };
  if (error instanceof ServerError && error.code === 'STREAM_EXISTS') return { text: t('streams.name_taken') };
  if (error instanceof ServerError && error.code === 'BAD_MESSAGE') return sourceReason(error.message);
  return { text: failureText(error) };
}
