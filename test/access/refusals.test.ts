// Refused attempts in the log: a few lines, and how many more there were, also when nobody comes afterwards.
import { expect, test, vi } from 'vitest';
import { Refusals } from '../../server/access/refusals.js';

test('the attempts past those that are told are summed up when their time is over, and at the end', () => {
  vi.useFakeTimers();
  try {
    const lines: object[] = [];
    const log = { warn: (fields: object) => lines.push(fields) };
    const refusals = new Refusals({ turnedAway: () => undefined }, log as never, () => 0);
    for (let attempt = 0; attempt < 25; attempt++) refusals.count('host', '10.0.0.1');
    expect(lines).toHaveLength(20);
    vi.advanceTimersByTime(10_000);
    expect(lines.slice(20)).toEqual([{ attempts: 5 }]);
    refusals.count('host', '10.0.0.1');
    refusals.close();
    expect(lines.slice(21)).toEqual([{ attempts: 1 }]);
    refusals.close();
    expect(lines).toHaveLength(22);
  } finally {
    vi.useRealTimers();
  }
});
