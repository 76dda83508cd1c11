import { runInNewContext } from 'node:vm';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.doUnmock('node:vm');
  vi.resetModules();
  vi.useRealTimers();
});

test('a collection leaves the flag as another thread of the process needs it at the same moment', async () => {
  const { collectGarbage } = await import('../../pipeline/threads/collect-garbage.js');
  collectGarbage();
  expect(runInNewContext('typeof gc')).toBe('function');
});

test('a collection that cannot be had fails nobody, and is tried again', async () => {
  const attempts = vi.fn(() => {
    throw new ReferenceError('gc is not defined');
  });
  vi.doMock('node:vm', () => ({ runInNewContext: attempts }));
  const { collectGarbage } = await import('../../pipeline/threads/collect-garbage.js');
  collectGarbage();
  collectGarbage();
  expect(attempts).toHaveBeenCalledTimes(2);
});

test('what a thread has forgotten is collected some seconds after its work, and again after its next', async () => {
  const { collectGarbageLater } = await import('../../pipeline/threads/collect-garbage.js');
  for (let i = 0; i < 2; i++) {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    // A function of its own, so that nothing here refers to it still.
    const forgotten = (() => new WeakRef(new SharedArrayBuffer(1024)))();
    collectGarbageLater();
    // A weak reference lets go of nothing before the next turn of the loop.
    await new Promise(setImmediate);
    vi.advanceTimersByTime(10_000);
    expect(forgotten.deref()).toBeUndefined();
  }
});
