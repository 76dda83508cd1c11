// What the picture shows at this moment, by a classifier: its best classes, and which of them is believed.
import { Badge } from '../components/badge.js';
import { Meter } from '../components/meter.js';
import { formatPercent, isolated, t } from '../i18n/i18n.js';
import type { LiveClasses } from './live-result.js';

export function ClassesInView({ of: { classes, accepted } }: { readonly of: LiveClasses }) {
  return (
    <section class="card" aria-labelledby="live-classes">
      <h2 id="live-classes">{t('live.classes')}</h2>
      <ul class="live-faces">
        {classes.map(({ label, index, score }) => (
          <li key={index} class="live-face">
            <div class="live-face-about">
              <span class="row spread">
                <strong class="truncate">{isolated(label)}</strong>
                {label === accepted && <Badge tone="ok">{t('live.accepted')}</Badge>}
              </span>
              <Meter
                label={t('live.score_of', { label })}
                value={score}
                text={formatPercent(score)}
                tone={label === accepted ? 'ok' : 'warn'}
              />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
