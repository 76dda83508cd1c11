// What a refusal says of when to come again, as a service or a proxy before it writes it.
import { expect, test } from 'vitest';
import { refusalOf } from '../../clients/refusal.js';

const waitOf = (retryAfter: string | null): number | undefined => refusalOf({ status: 401, retryAfter, body: '' })?.retryAfterMs;

test('seconds and dates are understood, and nothing else is', () => {
  expect([waitOf('3'), waitOf('0'), waitOf(null), waitOf(''), waitOf('soon'), waitOf('-5'), waitOf('1e3')]).toEqual([
    ...[3000, 0, undefined, undefined, undefined, undefined, undefined],
  ]);
  const inAnHour = waitOf(new Date(Date.now() + 3_600_000).toUTCString());
  expect(inAnHour).toBeGreaterThan(3_500_000);
  expect(inAnHour).toBeLessThanOrEqual(3_600_000);
  expect(waitOf(new Date(0).toUTCString())).toBe(0);
});
