import { expect, test } from 'vitest';
import { decide } from '../../pipeline/gallery/decision.js';

const rule = { match: 0.4, margin: 0.05 };
const person = (id: string, similarity: number) => ({ id, name: id, similarity });

test('a person is named at the threshold and with the margin', () => {
  const best = person('a', 0.4);
  expect(decide([best, person('b', 0.3)], rule)).toEqual({ person: best, candidates: [best, person('b', 0.3)] });
  expect(decide([best], rule).person).toEqual(best);
});

test('nobody is named without people, below the threshold, or when two are nearly as likely', () => {
  expect(decide([], rule)).toEqual({ person: null, candidates: [], reason: 'empty_gallery' });
  expect(decide([person('a', 0.39)], rule)).toMatchObject({ person: null, reason: 'below_threshold' });
  expect(decide([person('a', 0.8), person('b', 0.78)], rule)).toMatchObject({ person: null, reason: 'ambiguous' });
});
