import { expect, test } from 'vitest';
import { dismissedPairs, dismissedWith, mostAlike, pairKey } from '../../clients/console/people/dismissed-pairs.js';

test('a pair that was dismissed is known again, whoever of the two comes first', () => {
  const stored = dismissedWith(undefined, pairKey('b', 'a'));
  expect(dismissedPairs(stored).has(pairKey('a', 'b'))).toBe(true);
  expect(dismissedPairs(stored).has(pairKey('a', 'c'))).toBe(false);
  expect(dismissedPairs(undefined).size).toBe(0);
});

test('what is kept is bounded: the oldest are forgotten', () => {
  let stored: string | undefined;
  for (let turn = 0; turn < 600; turn++) stored = dismissedWith(stored, pairKey('a', String(turn)));
  expect(dismissedPairs(stored).size).toBe(500);
  expect(dismissedPairs(stored).has(pairKey('a', '599'))).toBe(true);
});

test('with nobody who looks alike no one is chosen to be merged with', () => {
  const pairs = [{ people: [{ id: 'a' }, { id: 'b' }] as const }, { people: [{ id: 'c' }, { id: 'a' }] as const }];
  expect(mostAlike(pairs, 'a')).toBe('b');
  expect(mostAlike(pairs, 'c')).toBe('a');
  expect(mostAlike(pairs, 'x')).toBeUndefined();
});
