// Why a track was or was not named, in one sentence with its numbers.
import type { TrackAnswer } from '../../http-client.js';
import { formatSimilarity, formatPercent, t } from '../i18n/i18n.js';
import type { TrackKept } from './visits.js';

export function decisionText(track: TrackAnswer): string {
  const [best, second] = track.candidates;
  const threshold = formatSimilarity(track.threshold);
  const margin = formatSimilarity(track.margin);
  if (track.person && best) {
    const similarity = formatSimilarity(track.person.similarity);
    if (!second) return t('events.why_alone', { similarity, threshold });
    return t('events.why_lead', {
      similarity,
      threshold,
      second: second.name,
      lead: lead(best.similarity, second.similarity),
      margin,
    });
  }
  switch (track.reason) {
    case 'empty_gallery':
      return t('events.why_empty');
    case 'low_quality':
      return t('events.why_poor', { quality: formatPercent(track.quality), least: formatPercent(track.least_quality) });
    case 'too_few_frames':
      return t('events.why_few');
    case 'ambiguous':
      if (best && second) {
        const values = { one: best.name, other: second.name, lead: lead(best.similarity, second.similarity), margin };
        return t('events.why_ambiguous', values);
      }
      return t('events.why_mixed');
    default:
      if (!best) return t('events.why_empty');
      return t('events.why_below', { name: best.name, similarity: formatSimilarity(best.similarity), threshold });
  }
}

/** From the event alone, for a track that the service does not remember any more. */
export function rememberedText({ person, similarity, threshold }: TrackKept): string {
  const forgotten = t('events.why_forgotten');
  if (similarity === null) return forgotten;
  const values = { similarity: formatSimilarity(similarity), threshold: formatSimilarity(threshold) };
  return `${t(person ? 'events.why_alone' : 'events.why_below_somebody', values)} ${forgotten}`;
}

const lead = (one: number, other: number): string => formatSimilarity(Math.max(0, one - other));
