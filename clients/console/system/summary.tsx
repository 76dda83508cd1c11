// Whether the service is well, and its most telling numbers at a glance.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { http } from '../app/service.js';
import { Badge } from '../components/badge.js';
import { formatDuration, formatNumber, formatPercent, t } from '../i18n/i18n.js';
import { textOf } from './chart.js';
import { figures, points } from './history.js';

interface Readiness {
  readonly isReady: boolean;
  readonly missing: readonly string[];
}

const EVERY_MS = 5_000;

export function Summary() {
  const readiness = useReadiness();
  const now = figures.value;
  const newest = points.value.at(-1);
  const count = (name: string) => (now === undefined ? '–' : formatNumber(now.sum(name)));
  const startedS = now?.sum('process_start_time_seconds') ?? 0;
  return (
    <dl class="card system-summary">
      <Fact label={t('system.health')}>
        {readiness === undefined && '–'}
        {readiness === null && <Badge tone="bad">{t('system.unreachable')}</Badge>}
        {readiness && (
          <>
            <Badge tone={readiness.isReady ? 'ok' : 'warn'}>{t(readiness.isReady ? 'system.ready' : 'system.not_ready')}</Badge>
            {readiness.missing.length > 0 && (
              <span class="system-missing">{t('system.missing', { what: readiness.missing.map(missingText).join(', ') })}</span>
            )}
          </>
        )}
      </Fact>
      <Fact label={t('system.provider')}>{(now?.label('onlooker_info', 'provider') ?? '–').toUpperCase()}</Fact>
      <Fact label={t('system.lanes')}>{`${count('onlooker_lanes_busy')} / ${count('onlooker_lanes')}`}</Fact>
      <Fact label={t('system.cpu')}>
        {newest === undefined || newest.cpuPercent === null ? '–' : formatPercent(newest.cpuPercent / 100)}
      </Fact>
      <Fact label={t('system.frames_now')}>{textOf(newest?.ok, t('system.per_second'))}</Fact>
      <Fact label={t('system.open_streams')}>{count('onlooker_streams')}</Fact>
      <Fact label={t('system.connections')}>{count('onlooker_connections')}</Fact>
      <Fact label={t('system.enrolled')}>
        {t('system.enrolled_count', { people: count('onlooker_gallery_people'), faces: count('onlooker_gallery_faces') })}
      </Fact>
      <Fact label={t('system.events_kept')}>{count('onlooker_events_kept')}</Fact>
      <Fact label={t('system.uptime')}>{startedS === 0 ? '–' : formatDuration(Date.now() - startedS * 1000)}</Fact>
    </dl>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** As the service names it. */
function missingText(what: string): string {
  if (what === 'models') return t('system.missing_models');
  if (what === 'draining') return t('system.missing_draining');
  return what === 'inference lane' ? t('system.missing_lane') : what;
}

/** Undefined before the first answer, null while there is none. */
function useReadiness(): Readiness | null | undefined {
  const [readiness, setReadiness] = useState<Readiness | null>();
  useEffect(() => {
    const ask = () => {
      if (document.hidden) return;
      http.ready().then(
        ({ isReady, report }) => setReadiness({ isReady, missing: (report as Partial<Readiness> | undefined)?.missing ?? [] }),
        () => setReadiness(null),
      );
    };
    ask();
    const timer = setInterval(ask, EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return readiness;
}
