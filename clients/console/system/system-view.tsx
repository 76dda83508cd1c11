// The view of the service itself: whether it is well, how fast it is, what it runs with.
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../components/icon.js';
import { ViewHeader } from '../components/view-header.js';
import { t } from '../i18n/i18n.js';
import { Chart, type Line } from './chart.js';
import { Configuration } from './configuration.js';
import { figures, figuresFailure, points, watchFigures } from './history.js';
import { Keys } from './keys.js';
import { Models } from './models.js';
import { Summary } from './summary.js';
import { shownPart, SystemParts } from './system-parts.js';
import './system.css';

export default function SystemView() {
  useEffect(() => watchFigures(), []);
  const part = shownPart();
  const version = figures.value?.label('onlooker_info', 'version');
  return (
    <>
      <ViewHeader title={t('system.title')} subtitle={version === undefined ? undefined : t('system.version', { version })} />
      <div class="stack system-view">
        {figuresFailure.value !== undefined && (
          <div class="notice notice-warn" role="status">
            <Icon name="warning" size={18} />
            <p>
              {figuresFailure.value} {t('system.figures_stopped')}
            </p>
          </div>
        )}
        <SystemParts />
        {part === 'overview' && (
          <>
            <Summary />
            <Charts />
          </>
        )}
        {part === 'keys' && <Keys />}
        {part === 'models' && <Models />}
        {part === 'configuration' && <Configuration />}
      </div>
    </>
  );
}

function Charts() {
  const line = (label: string, of: Line['of'], colour: Line['colour']): Line => ({ label, of, colour });
  const [isSeen, setSeen] = useState(false);
  // uPlot measures its place, which is there only once it is laid out.
  useEffect(() => setSeen(true), []);
  if (!isSeen) return null;
  return (
    <div class="system-charts">
      <Chart
        title={t('system.throughput')}
        unit={t('system.per_second')}
        points={points.value}
        lines={[
          line(t('system.ok'), ({ ok }) => ok, '--accent'),
          line(t('system.dropped'), ({ dropped }) => dropped, '--warn'),
          line(t('system.errors'), ({ errors }) => errors, '--bad'),
        ]}
      />
      <Chart
        title={t('system.latency')}
        unit="ms"
        points={points.value}
        lines={[line(t('system.median'), ({ median }) => median, '--accent'), line(t('system.p95'), ({ p95 }) => p95, '--warn')]}
      />
      <Chart
        title={t('system.work')}
        unit=""
        points={points.value}
        lines={[
          line(t('system.waiting'), ({ waiting }) => waiting, '--warn'),
          line(t('system.in_flight'), ({ inFlight }) => inFlight, '--accent'),
          line(t('system.lanes_busy'), ({ lanesBusy }) => lanesBusy, '--ok'),
        ]}
      />
      <Chart
        title={t('system.memory')}
        unit="MB"
        points={points.value}
        lines={[line(t('system.resident'), ({ memoryMb }) => memoryMb, '--accent')]}
      />
    </div>
  );
}
