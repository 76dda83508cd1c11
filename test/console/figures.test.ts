import { expect, test } from 'vitest';
import { Figures, quantile, rate } from '../../clients/console/system/figures.js';
import { parsePrometheus } from '../../clients/console/system/prometheus.js';

const at = (atMs: number, text: string): Figures => new Figures(parsePrometheus(text), atMs);

test('names, labels and values are read, comments and what is none of them left out', () => {
  const text = [
    '# HELP frames_total Frames answered.',
    '# TYPE frames_total counter',
    'frames_total{outcome="ok"} 12',
    'frames_total{outcome="a \\"quoted\\" one\\n",code="x,y}"} 1.5e3 1700000000000',
    'seconds_bucket{le="+Inf"} 3',
    'plain 0.25',
    'nothing that could be read {',
    '',
  ].join('\n');
  expect(parsePrometheus(text)).toEqual([
    { name: 'frames_total', labels: { outcome: 'ok' }, value: 12 },
    { name: 'frames_total', labels: { outcome: 'a "quoted" one\n', code: 'x,y}' }, value: 1500 },
    { name: 'seconds_bucket', labels: { le: '+Inf' }, value: 3 },
    { name: 'plain', labels: {}, value: 0.25 },
  ]);
});

test('a counter is summed over the labels that nobody asks for, and its growth is a rate', () => {
  const before = at(0, 'frames{outcome="ok",model="a"} 10\nframes{outcome="ok",model="b"} 5\nframes{outcome="error"} 1');
  const now = at(2000, 'frames{outcome="ok",model="a"} 20\nframes{outcome="ok",model="b"} 9\nframes{outcome="error"} 1');
  expect(now.sum('frames', { outcome: 'ok' })).toBe(29);
  expect(now.sum('unknown')).toBe(0);
  expect(rate(before, now, 'frames', { outcome: 'ok' })).toBe(7);
  expect(rate(before, now, 'frames', { outcome: 'error' })).toBe(0);
});

test('after a restart nothing is told of the time before', () => {
  expect(rate(at(0, 'frames 100'), at(2000, 'frames 3'), 'frames')).toBeNull();
  const histogram = (count: number): string => `t_bucket{le="1"} ${count}\nt_bucket{le="+Inf"} ${count}`;
  expect(quantile(at(0, histogram(9)), at(2000, histogram(2)), 't', {}, 0.5)).toBeNull();
});

test('quantiles are those of what came in between, spread evenly within a bucket', () => {
  const buckets = (...counts: number[]): string =>
    ['0.01', '0.02', '0.04', '+Inf']
      .map((bound, index) => `t_bucket{stage="total",le="${bound}"} ${counts[index] ?? 0}`)
      .join('\n');
  const before = at(0, buckets(100, 100, 100, 100));
  const now = at(2000, buckets(100, 110, 120, 120));
  expect(quantile(before, now, 't', { stage: 'total' }, 0.5)).toBeCloseTo(0.02);
  expect(quantile(before, now, 't', { stage: 'total' }, 0.25)).toBeCloseTo(0.015);
  expect(quantile(before, now, 't', { stage: 'total' }, 0.95)).toBeCloseTo(0.038);
  expect(quantile(now, now, 't', { stage: 'total' }, 0.5)).toBeNull();
  // Of what lies above every bound nothing more is known than that.
  expect(quantile(before, at(2000, buckets(100, 100, 100, 105)), 't', {}, 0.9)).toBe(0.04);
});
