// A line chart of the last minutes, drawn by uPlot in the colours of the theme. What it shows now stands beside it in words.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { theme } from '../app/theme.js';
import { formatNumber, language, t } from '../i18n/i18n.js';
import type { Point } from './history.js';

export interface Line {
  readonly label: string;
  readonly of: (point: Point) => number | null;
  /** Name of a variable of the theme. */
  readonly colour: '--accent' | '--ok' | '--warn' | '--bad';
}

interface ChartProps {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  readonly points: readonly Point[];
}

const HEIGHT_PX = 168;
/** Fewer make no line, and axes around nothing tell nothing. */
const LEAST_POINTS = 2;
/** What the time axis spans at least, so that it does not race while there are few points. */
const LEAST_SPAN_S = 60;
/** Between two lines of the grid: whole numbers alone, since that is how frames, lanes and megabytes are counted. */
const STEPS = [1, 2, 5].flatMap((step) => [1, 10, 100, 1000, 10_000].map((tens) => step * tens)).sort((a, b) => a - b);

export function Chart({ title, unit, lines, points }: ChartProps) {
  const newest = points.at(-1);
  const texts = lines.map(({ label, of }) => ({ label, text: textOf(newest && of(newest), unit) }));
  return (
    <section class="card system-chart" aria-label={title}>
      <h2>{title}</h2>
      <dl class="system-legend">
        {texts.map(({ label, text }, index) => (
          <div key={label}>
            <dt>
              <span class="system-line" style={{ background: `var(${lines[index]?.colour ?? '--accent'})` }} aria-hidden="true" />
              {label}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {points.length < LEAST_POINTS ? (
        <p class="system-measuring muted">{t('system.measuring')}</p>
      ) : (
        <Plot
          lines={lines}
          points={points}
          label={`${title}: ${texts.map(({ label, text }) => `${label} ${text}`).join(', ')}`}
        />
      )}
    </section>
  );
}

interface PlotProps {
  readonly lines: readonly Line[];
  readonly points: readonly Point[];
  readonly label: string;
}

function Plot({ lines, points, label }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const data = dataOf(lines, points);

  useEffect(() => {
    const { current } = place;
    if (!current) return undefined;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(lines, current), data, current);
    };
    draw();
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: current.clientWidth, height: HEIGHT_PX }));
    observer.observe(current);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    return () => {
      scheme.removeEventListener('change', draw);
      observer.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [theme.value, language.value]);
  useEffect(() => plot.current?.setData(data), [points]);
  return <div ref={place} class="system-plot" role="img" aria-label={label} />;
}

function dataOf(lines: readonly Line[], points: readonly Point[]): uPlot.AlignedData {
  return [points.map(({ time }) => time), ...lines.map(({ of }) => points.map(of))] as uPlot.AlignedData;
}

function optionsOf(lines: readonly Line[], place: HTMLElement): uPlot.Options {
  const style = getComputedStyle(place);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour('--text-2'),
    font: `11px ${style.fontFamily}`,
    grid: { stroke: colour('--border'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: place.clientWidth,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 22, 0, 0],
    scales: {
      x: { range: (_, least, most) => [Math.min(least, most - LEAST_SPAN_S), most] },
      y: { range: (_, __, most) => [0, Math.max(2, (Number.isFinite(most) ? most : 1) * 1.15)] },
    },
    series: [{}, ...lines.map((line) => ({ stroke: colour(line.colour), width: 2, points: { show: false }, spanGaps: false }))],
    axes: [
      {
        ...axis,
        size: 26,
        grid: { show: false },
        values: (_, ticks, __, ___, stepS) => ticks.map((tick) => clockOf(tick, stepS)),
      },
      { ...axis, size: 46, incrs: STEPS, values: (_, ticks) => ticks.map((tick) => formatNumber(tick)) },
    ],
  };
}

/** With seconds where the ticks are closer than a minute: no two of them read the same. */
function clockOf(unixSeconds: number, stepS: number): string {
  return new Date(unixSeconds * 1000).toLocaleTimeString(language.value, {
    hour: '2-digit',
    minute: '2-digit',
    ...(stepS < 60 ? { second: '2-digit' } : {}),
    hourCycle: 'h23',
  });
}

export function textOf(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return '–';
  return `${formatNumber(value, value < 10 ? 1 : 0)}${unit === '' ? '' : ` ${unit}`}`;
}
