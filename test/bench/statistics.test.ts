// What every figure of the benchmarks rests on.
import { expect, test } from 'vitest';
import { driftOf, jainIndex, percentile, slopeOf, summaryOf } from '../../bench/statistics.js';

test('percentiles lie between the two nearest ranks, as numpy has them', () => {
  const values = [4, 1, 3, 2];
  expect(percentile(values, 0)).toBe(1);
  expect(percentile(values, 0.5)).toBe(2.5);
  expect(percentile(values, 0.9)).toBeCloseTo(3.7);
  expect(percentile(values, 1)).toBe(4);
  expect(values).toEqual([4, 1, 3, 2]);
});

test('a summary has the same percentiles, and none of no values', () => {
  const values = Array.from({ length: 101 }, (_, index) => 100 - index);
  expect(summaryOf(values)).toEqual({ count: 101, mean: 50, median: 50, p90: 90, p95: 95, p99: 99, max: 100 });
  expect(summaryOf([]).p99).toBeNaN();
});

test("Jain's index is 1 when all get the same, and 1/n when one gets everything", () => {
  expect(jainIndex([7, 7, 7, 7])).toBeCloseTo(1);
  expect(jainIndex([0, 0, 9, 0])).toBeCloseTo(0.25);
  // The example of the paper: half of the users get everything.
  expect(jainIndex([1, 1, 0, 0])).toBeCloseTo(0.5);
  expect(jainIndex([0, 0])).toBe(1);
  expect(jainIndex([])).toBeNaN();
});

test('the slope is that of the least-squares line', () => {
  const noise = [0.1, -0.1, -0.1, 0.1];
  const points = noise.map((off, x) => [x, 5 + 2 * x + off] as const);
  expect(slopeOf(points)).toBeCloseTo(2);
  expect(slopeOf([[1, 3]])).toBeNaN();
});

test('drift leaves warming up out, and compares medians, so that one sample changes nothing', () => {
  const warmingUp = Array.from({ length: 10 }, (_, index) => 100 + 10 * index);
  const flat = Array.from({ length: 90 }, (_, index) => (index === 85 ? 900 : 200));
  expect(driftOf([...warmingUp, ...flat])).toEqual({ early: 200, late: 200, rise: 0 });
  const growing = Array.from({ length: 100 }, (_, index) => 100 + index);
  expect(driftOf(growing).rise).toBeCloseTo(80 / 114.5);
});
