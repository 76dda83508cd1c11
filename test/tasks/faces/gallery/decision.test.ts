import { expect, test } from 'vitest';
import { decide, namedOnce } from '../../../../pipeline/tasks/faces/gallery/decision.js';

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

test('of faces of one picture that are named alike the most similar keeps the name, of equals the first', () => {
  const named = (id: string, similarity: number) => decide([person(id, similarity)], rule);
  const once = (...faces: readonly ReturnType<typeof decide>[]) =>
    namedOnce(faces, (id) => id === 'twin').map((decision) => decision.person?.id ?? decision.reason);
  expect(once(named('a', 0.6), named('a', 0.8), named('b', 0.5), named('a', 0.8))).toEqual(['ambiguous', 'a', 'b', 'ambiguous']);
  expect(once(named('twin', 0.6), named('twin', 0.8))).toEqual(['twin', 'twin']);
  expect(once(named('a', 0.3), named('a', 0.6))).toEqual(['below_threshold', 'a']);
});
