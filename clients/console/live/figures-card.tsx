// What goes over the wire: rate, drops, credits, and what is sent.
import { formatNumber, formatPercent, t } from '../i18n/i18n.js';
import type { LiveSession } from './live-session.js';

export function FiguresCard({ session }: { readonly session: LiveSession }) {
  const { fps, dropped, sending } = session.figures.value;
  const rows: (readonly [string, string])[] = [
    [t('live.fps'), formatNumber(fps, 1)],
    [t('live.dropped'), formatNumber(dropped)],
  ];
  if (sending) {
    const { credits, unanswered, roundTripMs, widthPx, quality } = sending;
    rows.push(
      [t('live.credits'), t('live.of', { used: unanswered, count: credits })],
      [t('live.round_trip'), t('live.ms', { ms: Math.round(roundTripMs) })],
      [t('live.sent_size'), t('live.width', { width: widthPx })],
      [t('live.sent_quality'), formatPercent(quality)],
    );
  }
  return (
    <section class="card" aria-labelledby="live-figures">
      <h2 id="live-figures">{t('live.figures')}</h2>
      <dl class="live-figures">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
