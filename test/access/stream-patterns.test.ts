import { expect, test } from 'vitest';
import { StreamPatterns } from '../../server/access/stream-patterns.js';

test.each([
  ['*', 'anything', true],
  ['**', 'anything', true],
  ['door-1', 'door-1', true],
  ['door-1', 'door-10', false],
  ['door-*', 'door-', true],
  ['door-*', 'door-1', true],
  ['door-*', 'adoor-1', false],
  ['*-door', 'front-door', true],
  ['*-door', 'front-door-2', false],
  ['a*b', 'ab', true],
  ['a*b', 'a', false],
  ['aba*aba', 'aba', false],
  ['aba*aba', 'ababa', false],
  ['aba*aba', 'abaaba', true],
  ['a*b*c', 'a-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['a*bc*c', 'abc', false],
  ['a.c', 'abc', false],
  ['A*', 'abc', false],
])('%s and the stream %s: %s', (pattern, stream, wanted) => {
  expect(new StreamPatterns([pattern]).has(stream)).toBe(wanted);
});

test('any of several is enough, and none is nothing', () => {
  const patterns = new StreamPatterns(['hall', 'door-*']);
  expect(['hall', 'door-2', 'yard'].map((stream) => patterns.has(stream))).toEqual([true, true, false]);
  expect(new StreamPatterns([]).has('hall')).toBe(false);
});
