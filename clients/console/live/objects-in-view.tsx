// Which objects are in the picture at this moment, and how many of each.
import { Badge } from '../components/badge.js';
import { formatNumber, isolated, t } from '../i18n/i18n.js';
import { countedLabels, type LiveMark } from './live-result.js';

export function ObjectsInView({ marks }: { readonly marks: readonly LiveMark[] }) {
  const counted = countedLabels(marks);
  return (
    <section class="card" aria-labelledby="live-objects">
      <h2 id="live-objects">{t('live.in_view')}</h2>
      {counted.length === 0 && <p class="muted live-nobody">{t('live.no_object')}</p>}
      <ul class="live-faces">
        {counted.map(([label, count]) => (
          <li key={label} class="live-face row spread">
            <strong class="truncate">{isolated(label)}</strong>
            <Badge>{formatNumber(count, 0)}</Badge>
          </li>
        ))}
      </ul>
    </section>
  );
}
