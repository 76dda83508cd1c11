// Where the time of the last half minute's frames went: stacked, a column for each half second, with the figures in words.
import type { LiveSession } from './live-session.js';
import { MOST_SAMPLES, STAGES, type StageTimes } from './live-session.js';
import { formatNumber, t } from '../i18n/i18n.js';

const HEIGHT = 60;
/** The scale's ends, in ms: so that it does not move with every frame. */
const SCALES_MS = [20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

export function StageChart({ session }: { readonly session: LiveSession }) {
  const samples = session.stages.value;
  const last = samples.findLast((sample) => sample !== undefined);
  const most = Math.max(0, ...samples.map((sample) => (sample ? totalOf(sample) : 0)));
  const scaleMs = SCALES_MS.find((end) => end >= most) ?? most;
  const label = last ? t('live.latency_is', { ms: milliseconds(totalOf(last)) }) : t('live.latency');
  return (
    <section class="card live-latency" aria-labelledby="live-latency">
      <div class="row spread">
        <h2 id="live-latency">{t('live.latency')}</h2>
        <span class="muted">{last && t('live.ms', { ms: milliseconds(totalOf(last)) })}</span>
      </div>
      <div class="live-chart">
        <svg viewBox={`0 0 ${MOST_SAMPLES} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
          {STAGES.map((stage) => (
            <path key={stage} class={`live-stage-${stage}`} d={columns(samples, stage, scaleMs)} />
          ))}
        </svg>
        <span class="live-scale muted" aria-hidden="true">
          {t('live.ms', { ms: scaleMs })}
        </span>
      </div>
      <dl class="live-legend">
        {STAGES.map((stage) => (
          <div key={stage}>
            <dt title={t(`live.stage_${stage}_hint`)}>
              <span class={`live-key live-stage-${stage}`} aria-hidden="true" />
              {t(`live.stage_${stage}`)}
            </dt>
            <dd>{last ? milliseconds(last[stage]) : '–'}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function columns(samples: readonly (StageTimes | undefined)[], stage: keyof StageTimes, scaleMs: number): string {
  const from = MOST_SAMPLES - samples.length;
  const below = STAGES.slice(0, STAGES.indexOf(stage));
  return samples
    .map((sample, index) => {
      if (!sample) return '';
      const bottom = below.reduce((sum, name) => sum + sample[name], 0);
      const y = (ms: number) => (HEIGHT * (1 - ms / scaleMs)).toFixed(2);
      return `M${from + index} ${y(bottom)}V${y(bottom + sample[stage])}h0.86V${y(bottom)}z`;
    })
    .join('');
}

const totalOf = (times: StageTimes): number => STAGES.reduce((sum, stage) => sum + times[stage], 0);
const milliseconds = (ms: number): string => formatNumber(ms, ms < 10 ? 1 : 0);
