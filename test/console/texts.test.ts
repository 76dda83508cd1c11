// Texts with names in them.
import { beforeAll, expect, test, vi } from 'vitest';
import { formatSimilarity, t } from '../../clients/console/i18n/i18n.js';

// Not every Node that is supported has one.
beforeAll(() => void vi.stubGlobal('navigator', { languages: ['en-GB'] }));

test('a name that runs from right to left is set apart, so that the sentence around it stays in order', () => {
  expect(t('people.deleted', { name: 'ليلى' })).toBe('\u2068ليلى\u2069 deleted');
  expect(t('people.deleted', { name: 'נועה 2' })).toBe('\u2068נועה 2\u2069 deleted');
});

test('any other name stays as it is', () => {
  for (const name of ['Anna Berg', 'José', '田中', '👩‍🚀']) expect(t('people.deleted', { name })).toBe(`${name} deleted`);
});

test('similarities have two digits, whatever they are', () => {
  expect([1, 0.2, 0.523, -0.1].map(formatSimilarity)).toEqual(['1.00', '0.20', '0.52', '-0.10']);
});
