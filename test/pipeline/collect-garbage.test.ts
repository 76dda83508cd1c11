import { runInNewContext } from 'node:vm';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.doUnmock('node:vm');
  vi.resetModules();
});

test('a collection leaves the flag as another thread of the process needs it at the same moment', async () => {
  const { collectGarbage } = await import('../../pipeline/collect-garbage.js');
  collectGarbage();
  expect(runInNewContext('typeof gc')).toBe('function');
});

test('a collection that cannot be had fails nobody, and is tried again', async () => {
  const attempts = vi.fn(() => {
    throw new ReferenceError('gc is not defined');
  });
  vi.doMock('node:vm', () => ({ runInNewContext: attempts }));
  const { collectGarbage } = await import('../../pipeline/collect-garbage.js');
  collectGarbage();
  collectGarbage();
  expect(attempts).toHaveBeenCalledTimes(2);
});
