// What was chosen of models, as plain data: aliases that lead somewhere, shares of streams that stay the same.
import { describe, expect, test } from 'vitest';
import {
  choicesSchema,
  isTried,
  NO_CHOICES,
  partsOf,
  unaliased,
  withAlias,
  withCanary,
  withInUse,
} from '../../server/models/model-choices.js';

test.each([
  ['plants', 'plants'],
  ['stable', 'plants@1'],
  ['classify', 'plants@1'],
  ['plants@2', 'plants@2'],
])('%s stands for %s', (reference, target) => {
  expect(unaliased({ stable: 'plants@1', classify: 'stable' }, reference)).toBe(target);
});

test.each([
  ['plants', { name: 'plants', version: undefined }],
  ['plants@1.0', { name: 'plants', version: '1.0' }],
])('%s has its parts', (reference, parts) => {
  expect(partsOf(reference)).toEqual(parts);
});

describe('a file of choices', () => {
  test.each([[{ a: 'a' }], [{ a: 'b', b: 'a' }], [{ a: 'b', b: 'c', c: 'b' }]])(
    'whose aliases go in a circle is refused: %j',
    (aliases) => {
      expect(choicesSchema.safeParse({ ...NO_CHOICES, aliases }).success).toBe(false);
    },
  );

  test('keeps what is written', () => {
    const chosen = withCanary(withInUse(withAlias(NO_CHOICES, 'stable', 'plants@1'), 'plants', '1', '2'), 'plants', {
      version: '2',
      share: 0.1,
    });
    expect(choicesSchema.parse(JSON.parse(JSON.stringify(chosen)))).toEqual(chosen);
  });
});

test('a share of the streams is about that share, stays the same, and is part of a larger one', () => {
  const streams = Array.from({ length: 2000 }, (_, index) => `door-${index}`);
  const tried = (share: number) => new Set(streams.filter((stream) => isTried('plants', stream, share)));
  const few = tried(0.1);
  expect(few.size).toBeGreaterThan(140);
  expect(few.size).toBeLessThan(260);
  expect(tried(0.1)).toEqual(few);
  expect([...few].every((stream) => tried(0.3).has(stream))).toBe(true);
  expect(tried(0).size).toBe(0);
  expect(tried(1).size).toBe(streams.length);
});
