// Charts of the benchmarks as SVG text: lines over a figure, and bars by group. They follow the reader's light or dark
// scheme and need nothing beside themselves. Must never load anything, nor hold a script.
import { isDrawable, scaleFor, type Scale, type ScaleKind } from './scale.js';

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Drawn broken: what is compared with, or aimed at. */
  readonly isDashed?: boolean;
}
export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xScale?: ScaleKind;
  readonly yScale?: ScaleKind;
  /** The values written along the x axis, where not just any will do. */
  readonly xTicks?: readonly number[];
  readonly series: readonly Series[];
}
export interface BarChart {
  readonly title: string;
  readonly yLabel: string;
  readonly groups: readonly string[];
  /** A value for each group; one that is no number has no bar. */
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
}

const WIDTH = 720;
const HEIGHT = 360;
const AREA = { left: 64, right: 700, top: 72, bottom: 306 } as const;
const LEGEND = { top: 32, rowHeight: 17 } as const;
/** Beyond so many points on a line dots would hide it. */
const MOST_DOTS = 40;
/** Okabe and Ito 2008: told apart also by people who see few colours, on light ground and on dark. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8a7fd6', '#7f7f7f'] as const;
const STYLE =
  'text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-size:14px;font-weight:600}' +
  '.grid{stroke:#8b949e;stroke-opacity:.3}.line{fill:none;stroke-width:2}' +
  '@media(prefers-color-scheme:dark){text{fill:#e6edf3}}';

export function lineChart(chart: LineChart): string {
  const { xScale = 'linear', yScale = 'linear' } = chart;
  const series = chart.series.map(({ points, ...rest }) => ({
    ...rest,
    points: points.filter(([x, y]) => isDrawable(x, xScale) && isDrawable(y, yScale)),
  }));
  const all = series.flatMap(({ points }) => points);
  const xs = scaleFor(
    all.map(([x]) => x),
    xScale,
    chart.xTicks,
  );
  const ys = scaleFor(
    all.map(([, y]) => y),
    yScale,
  );
  const lines = series.map(({ points, isDashed }, index) => {
    const placed = points.map(([x, y]) => [across(xs.place(x)), up(ys.place(y))] as const);
    const path = placed.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${short(x)} ${short(y)}`).join('');
    const dash = isDashed === true ? ' stroke-dasharray="6 4"' : '';
    const colour = colourOf(index);
    const dots = isDashed === true || placed.length > MOST_DOTS ? [] : placed.map(([x, y]) => dot(x, y, colour));
    return `<path class="line" stroke="${colour}"${dash} d="${path}"/>${dots.join('')}`;
  });
  const ticks = xs.ticks.map((tick) => label(across(xs.place(tick)), AREA.bottom + 18, shortNumber(tick), 'middle'));
  const xLabel = label((AREA.left + AREA.right) / 2, HEIGHT - 14, chart.xLabel, 'middle');
  return page(chart, ys, [...lines, ...ticks, xLabel]);
}

export function barChart(chart: BarChart): string {
  const { groups, series } = chart;
  const ys = scaleFor(
    series.flatMap(({ values }) => values),
    'linear',
  );
  const room = (AREA.right - AREA.left) / Math.max(1, groups.length);
  const thick = Math.min(48, (room * 0.8) / Math.max(1, series.length));
  const bars = series.flatMap(({ values }, of) =>
    groups.map((_, group) => {
      const value = values[group] ?? NaN;
      if (!Number.isFinite(value)) return '';
      const middle = AREA.left + room * (group + 0.5);
      const x = middle + (of - series.length / 2) * thick;
      const top = up(ys.place(value));
      const bar = `<rect x="${short(x)}" y="${short(top)}" width="${short(thick - 2)}" height="${short(up(ys.place(0)) - top)}" fill="${colourOf(of)}"/>`;
      return bar + label(x + thick / 2 - 1, top - 4, shortNumber(value), 'middle');
    }),
  );
  const names = groups.map((name, group) => label(AREA.left + room * (group + 0.5), AREA.bottom + 18, name, 'middle'));
  return page(chart, ys, [...bars, ...names]);
}

/** What both kinds have: title, legend, and the upright axis with its grid. */
function page(
  { title, yLabel, series }: { title: string; yLabel: string; series: readonly { name: string }[] },
  ys: Scale,
  drawn: readonly string[],
): string {
  const grid = ys.ticks.map((tick) => {
    const y = short(up(ys.place(tick)));
    return (
      `<line class="grid" x1="${AREA.left}" x2="${AREA.right}" y1="${y}" y2="${y}"/>` +
      label(AREA.left - 8, Number(y) + 4, shortNumber(tick), 'end')
    );
  });
  let left: number = AREA.left;
  let top: number = LEGEND.top;
  const legend = series.map(({ name }, index) => {
    // There is no measuring of text here; a letter of this font is about 6.3 wide.
    const width = 28 + name.length * 6.3;
    if (left > AREA.left && left + width > AREA.right) {
      left = AREA.left;
      top += LEGEND.rowHeight;
    }
    const square = `<rect x="${short(left)}" y="${top}" width="12" height="12" rx="2" fill="${colourOf(index)}"/>`;
    const entry = square + label(left + 17, top + 10, name);
    left += width;
    return entry;
  });
  const upright = `<text transform="translate(16 ${(AREA.top + AREA.bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(yLabel)}</text>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">` +
    `<style>${STYLE}</style><text class="title" x="${AREA.left}" y="22">${escaped(title)}</text>\n` +
    `${legend.join('')}\n${grid.join('')}${upright}\n${drawn.filter((part) => part !== '').join('\n')}\n</svg>\n`
  );
}

function across(place: number): number {
  return AREA.left + place * (AREA.right - AREA.left);
}

function up(place: number): number {
  return AREA.bottom - place * (AREA.bottom - AREA.top);
}

function dot(x: number, y: number, colour: string): string {
  return `<circle cx="${short(x)}" cy="${short(y)}" r="3" fill="${colour}"/>`;
}

function label(x: number, y: number, text: string, anchor?: 'middle' | 'end'): string {
  const where = anchor === undefined ? '' : ` text-anchor="${anchor}"`;
  return `<text x="${short(x)}" y="${short(y)}"${where}>${escaped(text)}</text>`;
}

function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length] ?? COLOURS[0];
}

/** A tenth of a pixel is enough, and keeps the file small. */
function short(value: number): string {
  return String(Number(value.toFixed(1)));
}

/** 12000 as 12 k, .0004 as it is. */
function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))} k`;
  return String(Number(value.toPrecision(3)));
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
