// Why a picture was not enrolled, in plain words, with what to do about it.
import { ServerError } from '../../errors.js';
import { failureText } from '../app/failure-text.js';
import { formatSimilarity, t } from '../i18n/i18n.js';
import { UnreadablePicture } from './upload-picture.js';

export function refusalText(error: unknown, nameOf: (person: string) => string | undefined): string {
  if (error instanceof UnreadablePicture) return unreadableText(error.kind);
  if (!(error instanceof ServerError)) return failureText(error);
  const { details = {} } = error;
  switch (error.code) {
    case 'NO_FACE':
      return t('people.refused_no_face');
    case 'SEVERAL_FACES':
      return t('people.refused_several', { count: Number(details['faces'] ?? 2) });
    case 'LOW_QUALITY':
      return qualityText(String(details['measure']), Number(details['value']), Number(details['limit'])) ?? failureText(error);
    case 'CONFLICT': {
      const name = nameOf(String(details['person']));
      const similarity = formatSimilarity(Number(details['similarity'] ?? 0));
      return name === undefined ? t('people.refused_conflict_somebody') : t('people.refused_conflict', { name, similarity });
    }
    case 'UNSUPPORTED_MEDIA':
      return t('people.refused_media');
    case 'BAD_IMAGE':
      return t('people.refused_broken');
    case 'TOO_LARGE':
    case 'TOO_MANY_PIXELS':
      return t('people.refused_large');
    case 'OVERLOADED':
      return t('people.refused_busy');
    case 'NOT_FOUND':
      return t('people.refused_gone');
    default:
      return failureText(error);
  }
}

/** Id of the person whom the face belongs to rather, where that was the reason. */
export function conflictOf(error: unknown): string | undefined {
  const person = error instanceof ServerError && error.code === 'CONFLICT' ? error.details?.['person'] : undefined;
  return typeof person === 'string' ? person : undefined;
}

/** Phones that write HEIC can write JPEG as well. */
function unreadableText(kind: UnreadablePicture['kind']): string {
  return kind === 'HEIC' ? t('people.refused_heic') : t('people.refused_kind', { kind });
}

function qualityText(measure: string, value: number, limit: number): string | undefined {
  switch (measure) {
    case 'size_px':
      return t('people.refused_small', { value: Math.round(value), limit });
    case 'sharpness':
      return t('people.refused_blurred');
    case 'yaw_degrees':
      return t('people.refused_turned', { value: Math.abs(Math.round(value)) });
    case 'pitch_degrees':
      return t('people.refused_tilted', { value: Math.abs(Math.round(value)) });
    case 'score':
      return t('people.refused_unclear');
    default:
      return undefined;
  }
}
