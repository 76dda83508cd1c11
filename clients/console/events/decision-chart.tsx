// The most similar people against the threshold and the margin, as bars. The sentence above it says the same.
import type { TrackAnswer } from '../../http-client.js';
import { FacePicture } from '../components/face-picture.js';
import { formatSimilarity, t } from '../i18n/i18n.js';
import { personOf, pictureOf } from '../people/people-store.js';

const percent = (similarity: number): string => `${Math.min(1, Math.max(0, similarity)) * 100}%`;

export function DecisionChart({ track }: { readonly track: TrackAnswer }) {
  const { candidates, threshold, margin, person } = track;
  const [best] = candidates;
  if (!best) return null;
  return (
    <figure class="events-chart">
      <ul>
        {candidates.map((candidate, index) => {
          // A second one in the band below the best is too close for a decision.
          const isClose =
            index > 0 && best.similarity - candidate.similarity < margin && candidate.similarity >= threshold - margin;
          const tone = candidate.id === person?.id ? 'ok' : isClose ? 'warn' : 'rest';
          return (
            <li key={candidate.id}>
              <FacePicture url={pictureOf(personOf(candidate.id))} name={candidate.name} size="small" />
              <span class="truncate">{candidate.name}</span>
              <span class="events-bar-track" aria-hidden="true">
                <span class={`events-bar events-bar-${tone}`} style={{ width: percent(candidate.similarity) }} />
                <span class="events-threshold" style={{ left: percent(threshold) }} />
              </span>
              <span class="events-bar-text">{formatSimilarity(candidate.similarity)}</span>
            </li>
          );
        })}
      </ul>
      <figcaption class="muted">
        <span class="events-threshold-key" aria-hidden="true" />
        {t('events.chart_caption', { threshold: formatSimilarity(threshold), margin: formatSimilarity(margin) })}
      </figcaption>
    </figure>
  );
}
