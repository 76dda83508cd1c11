// The charts of docs/performance.md: what is drawn is where it belongs, and the file stands for itself.
import { expect, test } from 'vitest';
import { barChart, lineChart } from '../../bench/chart/chart.js';
import { scaleFor } from '../../bench/chart/scale.js';
import sharp from 'sharp';

test('a linear axis begins at 0 and ends at a round number beyond the values', () => {
  const { ticks, place } = scaleFor([3, 47, 96], 'linear');
  expect(ticks).toEqual([0, 20, 40, 60, 80, 100]);
  expect(place(0)).toBe(0);
  expect(place(50)).toBe(0.5);
  expect(place(100)).toBe(1);
});

test('a logarithmic axis gives each power of ten the same room', () => {
  const { ticks, place } = scaleFor([1, 30, 100_000], 'log');
  expect(ticks).toEqual([1, 10, 100, 1000, 10_000, 100_000]);
  expect(place(10) - place(1)).toBeCloseTo(place(100_000) - place(10_000));
});

test('a logarithmic axis over few powers has steps in between', () => {
  expect(scaleFor([12, 160], 'log').ticks).toEqual([10, 20, 50, 100, 200]);
});

test('given ticks are the ends of the axis', () => {
  const { place } = scaleFor([1, 2, 8], 'log', [0.5, 1, 2, 8]);
  expect(place(0.5)).toBe(0);
  expect(place(8)).toBe(1);
  expect(place(2)).toBeCloseTo(0.5);
});

test('lines go through their points, and what is no number is left out', () => {
  const svg = lineChart({
    title: 'Latency',
    xLabel: 'load',
    yLabel: 'ms',
    series: [
      {
        name: 'p99',
        points: [
          [0, 0],
          [1, NaN],
          [2, 100],
        ],
      },
    ],
  });
  expect(svg).toContain('d="M64 306L700 72"');
  expect(svg).not.toContain('NaN');
});

test('bars are as high as their values', () => {
  const svg = barChart({
    title: 'Cost',
    yLabel: 'ms',
    groups: ['a', 'b'],
    series: [{ name: 'service', values: [100, 50] }],
  });
  const heights = [...svg.matchAll(/<rect [^>]*height="([\d.]+)" fill/g)].map(([, height]) => Number(height));
  expect(heights).toEqual([234, 117]);
});

test('a legend that is too long for one line goes on in the next', () => {
  const series = Array.from({ length: 8 }, (_, index) => ({ name: `a rather long name ${index}`, points: [] }));
  const svg = lineChart({ title: 'Names', xLabel: 'x', yLabel: 'y', series });
  const places = [...svg.matchAll(/<rect x="([\d.]+)" y="(\d+)"/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) }));
  expect(new Set(places.map(({ y }) => y)).size).toBe(2);
  expect(Math.max(...places.map(({ x }) => x))).toBeLessThan(600);
});

test('text is escaped, nothing is loaded from elsewhere, and both colour schemes are served', () => {
  const svg = lineChart({ title: 'a < b & "c"', xLabel: 'x', yLabel: 'y', series: [{ name: '<script>', points: [[1, 1]] }] });
  expect(svg).toContain('a &lt; b &amp; &quot;c&quot;');
  expect(svg).not.toMatch(/<script|href|url\(|@import/);
  expect(svg).toContain('prefers-color-scheme:dark');
});

test('charts of every kind, empty ones too, are images', async () => {
  const axes = { title: 'Chart', xLabel: 'x', yLabel: 'y' };
  const charts = [
    lineChart({ ...axes, series: [] }),
    lineChart({ ...axes, xScale: 'log', yScale: 'log', series: [{ name: 'one', points: [[5, 5]] }] }),
    barChart({ ...axes, groups: [], series: [] }),
    barChart({ ...axes, groups: ['a'], series: [{ name: 'none', values: [NaN] }] }),
  ];
  for (const chart of charts) {
    expect(chart).not.toMatch(/NaN|Infinity/);
    expect(await sharp(Buffer.from(chart)).metadata()).toMatchObject({ format: 'svg', width: 720, height: 360 });
  }
});
