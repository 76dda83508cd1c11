// How long a queue should take, from how it moved.
import { expect, test } from 'vitest';
import { Pace } from '../../pipeline/scheduling/pace.js';

test('nothing is said before two have left one after the other', () => {
  const pace = new Pace();
  expect(pace.expectedMs(5, 0)).toBeUndefined();
  pace.left(100, false);
  expect(pace.expectedMs(5, 100)).toBeUndefined();
  pace.left(300, false);
  expect(pace.expectedMs(5, 300)).toBe(1000);
});

test('a pause in which nothing waited does not count', () => {
  const pace = new Pace();
  pace.left(0, false);
  pace.left(100, true);
  pace.left(60_000, false);
  expect(pace.expectedMs(2, 60_000)).toBe(200);
});

test('a queue that has come to a stand is not promised to be over before it has stood for', () => {
  const pace = new Pace();
  pace.left(0, false);
  pace.left(100, false);
  expect(pace.expectedMs(4, 9100)).toBe(9000);
});
