// The figures of evaluations, by hand.
import { describe, expect, test } from 'vitest';
import { classReport, type ClassSample } from '../../../clients/evaluate/classes.js';
import { pairReport, probeReport, type PairSample } from '../../../clients/evaluate/faces.js';
import { calibrationError, drift, histogram, stabilityIndex, type Outcome } from '../../../clients/evaluate/figures.js';
import { broken, limitOf } from '../../../clients/evaluate/limits.js';

const seen = (truth: string, label: string, score: number, accepted: string | null = label): ClassSample => ({
  file: `${truth}.jpg`,
  truth,
  told: [
    { label, score },
    { label: 'oak', score: 0.01 },
  ],
  accepted,
});

test('a classifier is told by how often it is right, over all and class by class', () => {
  const { figures, rows, confusions, told } = classReport([
    seen('elm', 'elm', 0.9),
    seen('elm', 'elm', 0.8),
    seen('elm', 'ash', 0.6, null),
    seen('ash', 'elm', 0.7),
    seen('oak', 'elm', 0.5),
  ]);
  expect(figures).toMatchObject({ pictures: 5, accuracy: 2 / 5, top5: 3 / 5, accepted: 4 / 5, accepted_accuracy: 2 / 4 });
  expect(figures['mean_recall']).toBeCloseTo(2 / 9, 9);
  expect(rows).toEqual([
    { label: 'ash', pictures: 1, recall: 0, precision: 0 },
    { label: 'elm', pictures: 3, recall: 2 / 3, precision: 1 / 2 },
    { label: 'oak', pictures: 1, recall: 0, precision: null },
  ]);
  expect(confusions).toHaveLength(3);
  expect(told).toEqual({ ash: 1 / 5, elm: 4 / 5, oak: 0 });
});

test('scores that are right as often as they say have no calibration error', () => {
  const told = (score: number, right: number, of: number) =>
    Array.from({ length: of }, (_, at) => ({ score, isRight: at < right }));
  expect(calibrationError([...told(0.75, 3, 4), ...told(0.25, 1, 4)])).toBeCloseTo(0, 9);
  expect(calibrationError(told(0.95, 0, 4))).toBeCloseTo(0.95, 9);
  expect(calibrationError([])).toBeNull();
});

describe('pairs of faces', () => {
  const pair = (isSame: boolean, similarity: number): PairSample => ({ files: ['a', 'b'], isSame, similarity });

  test('that lie apart are told without an error', () => {
    const { figures } = pairReport([pair(true, 0.8), pair(true, 0.7), pair(false, 0.3), pair(false, 0.2)], 0.5);
    expect(figures).toMatchObject({ pairs: 4, accuracy: 1, tpr: 1, fpr: 0, auc: 1, eer: 0, tpr_at_fpr_1_percent: null });
  });

  test('that mix have their errors counted, ties by half', () => {
    const { figures } = pairReport([pair(true, 0.8), pair(true, 0.4), pair(false, 0.6), pair(false, 0.4)], 0.5);
    expect(figures).toMatchObject({ accuracy: 0.5, tpr: 0.5, fpr: 0.5, auc: 0.625, eer: 0.5 });
  });

  test('have a rate at few false matches where there are enough of them', () => {
    const others = Array.from({ length: 100 }, (_, at) => pair(false, at / 1000));
    const { figures } = pairReport([...others, pair(true, 0.0985), pair(true, 0.098), pair(true, 0.5)], 0.4);
    expect(figures['tpr_at_fpr_1_percent']).toBeCloseTo(2 / 3, 9);
    expect(figures['tpr_at_fpr_1_permille']).toBeNull();
  });
});

test('people are named, misnamed or missed, and strangers named or not', () => {
  const probe = (truth: string | null, told: string | null) => ({ file: 'a.jpg', truth, told, similarity: 0.5 });
  const known = [probe('Ada', 'Ada'), probe('Ada', 'Bob'), probe('Ada', null), probe('Bob', 'Bob')];
  expect(probeReport([...known, probe(null, null), probe(null, 'Ada')]).figures).toEqual({
    pictures: 6,
    strangers: 2,
    named: 0.5,
    misnamed: 0.25,
    fnir: 0.5,
    fpir: 0.5,
    fpir_bound: null,
  });
  expect(probeReport([...known, ...Array.from({ length: 30 }, () => probe(null, null))]).figures).toMatchObject({
    fpir: 0,
    fpir_bound: 0.1,
  });
});

test('drift is what has moved since an earlier outcome', () => {
  const outcome = (accuracy: number, scores: readonly number[], elm: number): Outcome => ({
    task: 'classify',
    model: 'trees@1',
    at: 0,
    figures: { accuracy, top5: null },
    scores: histogram(scores, 0, 1),
    told: { elm, ash: 1 - elm },
  });
  const monday = outcome(0.9, [0.95, 0.95, 0.85, 0.85], 0.5);
  expect(drift(monday, monday)).toEqual({ drift_scores: 0, drift_told: 0, change_accuracy: 0 });
  const today = drift(monday, outcome(0.7, [0.55, 0.55, 0.85, 0.85], 0.9));
  expect(today['change_accuracy']).toBeCloseTo(-0.2, 9);
  expect(today['drift_scores']).toBeGreaterThan(0.25);
  expect(today['drift_told']).toBeCloseTo(0.4 * Math.log(0.9 / 0.5) - 0.4 * Math.log(0.1 / 0.5), 9);
  expect(stabilityIndex([1, 0], [0, 1])).toBeGreaterThan(1);
});

test('limits that are not kept are told, as is a figure that there is none of', () => {
  const limits = ['accuracy>=0.9', 'fpir <= 0.01', 'auc>=0.5', 'eer<=1'].flatMap((text) => limitOf(text) ?? []);
  expect(broken(limits, { accuracy: 0.85, fpir: 0, eer: null })).toEqual([
    'accuracy >= 0.9: it is 0.85',
    'auc >= 0.5: there is no such figure, only accuracy, fpir, eer',
    'eer <= 1: it cannot be told of so few',
  ]);
  expect(['accuracy', 'accuracy=1', 'accuracy>=high', '>=1'].map(limitOf)).toEqual([undefined, undefined, undefined, undefined]);
});
