// The rules by which a classifier's numbers become an answer, by examples worked out by hand.
import { expect, test } from 'vitest';
import { probabilitiesOf, topClasses } from '../../../models/decisions/class-scores.js';
import { consolidate, speciesOf } from '../../../models/decisions/consolidate.js';
import { isAccepted, thresholdOf, type ClassThresholds } from '../../../models/decisions/threshold-rule.js';

function row(top1Min: number, top2Max: number, correct: number): ClassThresholds {
  return { top1Min, top1Max: 1, top2Min: 0, top2Max, correct };
}

test.each([
  // Always right: nothing is taken off the least score with which it was right.
  { a: 0.9, b: 0.3, p: 1, t: 0.9 },
  // Right four times of five: a fifth of half the distance of .6.
  { a: 0.9, b: 0.3, p: 0.8, t: 0.84 },
  // Never right: half way between.
  { a: 0.9, b: 0.3, p: 0, t: 0.6 },
  // It was second with more than it was ever best with: the threshold rises.
  { a: 0.4, b: 0.6, p: 0.5, t: 0.45 },
  // Nothing known.
  { a: -1, b: -1, p: -1, t: -1 },
  // The accuracy alone is not known: -1 counts as it stands.
  { a: 0.8, b: 0.4, p: -1, t: 0.4 },
])('least right $a, best second $b, accuracy $p: above $t', ({ a, b, p, t }) => {
  expect(thresholdOf(row(a, b, p))).toBeCloseTo(t, 12);
});

test('a class is believed above its threshold and above the minimum, and at neither', () => {
  const known = row(0.75, 0.25, 0);
  expect(thresholdOf(known)).toBe(0.5);
  expect(isAccepted(0.5, known, 0.2)).toBe(false);
  expect(isAccepted(0.51, known, 0.2)).toBe(true);
  expect(isAccepted(0.51, known, 0.51)).toBe(false);
  expect(isAccepted(0.51, known, 0.6)).toBe(false);
  expect(isAccepted(0.51, undefined, 0.5)).toBe(true);
  expect(isAccepted(0.5, undefined, 0.5)).toBe(false);
  expect(isAccepted(0.01, row(-1, -1, -1), 0)).toBe(true);
  expect(isAccepted(Number.NaN, undefined, 0)).toBe(false);
});

const thresholds = {
  'Quercus robur leaf': row(0.75, 0.25, 0),
  'Quercus robur fruit': row(0.9, 0.9, 1),
  'Acer campestre leaf': row(-1, -1, -1),
};
const rule = { thresholds, minimum: 0.4 };
function best(label: string, score: number) {
  return { label, index: 0, score };
}

test('no region that is accepted is no answer', () => {
  expect(consolidate([], rule)).toEqual([]);
  expect(consolidate([best('Quercus robur leaf', 0.5), best('Quercus robur fruit', 0.9)], rule)).toEqual([]);
});

test('one accepted region is its species with its score', () => {
  const regions = [best('Quercus robur leaf', 0.7), best('Quercus robur fruit', 0.9)];
  expect(consolidate(regions, rule)).toEqual([{ species: 'Quercus robur', score: 0.7 }]);
});

test('organs of one species are one species with the mean of their scores', () => {
  const regions = [best('Quercus robur leaf', 0.75), best('Quercus robur fruit', 1)];
  expect(consolidate(regions, rule)).toEqual([{ species: 'Quercus robur', score: 0.875 }]);
});

test('of several species that with the greatest sum comes first with its mean, whatever it is called', () => {
  // 0.6 + 0.5 of the oak against 0.95 of the maple, which comes first in the alphabet and has the better single score.
  const regions = [best('Acer campestre leaf', 0.95), best('Quercus robur leaf', 0.625), best('Quercus robur leaf', 0.5625)];
  expect(consolidate(regions, rule)).toEqual([
    { species: 'Quercus robur', score: 0.59375 },
    { species: 'Acer campestre', score: 0 },
  ]);
  const others = [best('Acer campestre leaf', 0.75), best('Quercus robur leaf', 0.625), best('Zea mays ear', 0.5)];
  expect(consolidate(others, rule)).toEqual([
    { species: 'Acer campestre', score: 0.75 },
    { species: 'Quercus robur', score: 0 },
    { species: 'Zea mays', score: 0 },
  ]);
});

test('without a file of thresholds the minimum alone decides', () => {
  const regions = [best('Quercus robur fruit', 0.45), best('constructor', 0.42)];
  expect(consolidate(regions, { thresholds: null, minimum: 0.4 }).map(({ species }) => species)).toEqual([
    'Quercus robur',
    'constructor',
  ]);
  expect(consolidate([best('constructor', 0.42)], rule)).toEqual([{ species: 'constructor', score: 0.42 }]);
});

test('a species is the first two words of its class', () => {
  expect(speciesOf('Quercus robur fruit')).toBe('Quercus robur');
  expect(speciesOf('agricultural')).toBe('agricultural');
});

test('numbers become probabilities as the model says', () => {
  expect([...probabilitiesOf([0.25, 0.75], 'none', 'each')]).toEqual([0.25, 0.75]);
  const [a = 0, b = 0] = probabilitiesOf([1000, 1000 + Math.log(3)], 'softmax', 'each');
  expect(a).toBeCloseTo(0.25, 9);
  expect(b).toBeCloseTo(0.75, 9);
  expect([...probabilitiesOf([0, Math.log(3)], 'sigmoid', 'each')]).toEqual([0.5, expect.closeTo(0.75, 12)]);
  expect([...probabilitiesOf([0], 'sigmoid', 'second-of-two')]).toEqual([0.5, 0.5]);
  expect([...probabilitiesOf(Float32Array.of(0.75), 'none', 'second-of-two')]).toEqual([0.25, 0.75]);
});

test('the best classes come first, equal ones in the order of the output', () => {
  const labels = ['a', 'b', 'c', 'd'];
  expect(topClasses([0.1, 0.3, 0.3, 0.3], labels, 2).map(({ label }) => label)).toEqual(['b', 'c']);
  expect(topClasses([0.1, 0.3, 0.3, 0.3], labels, 9)).toHaveLength(4);
  expect(topClasses([0.1, 0.3, 0.3, 0.3], labels, 0)).toEqual([]);
});
