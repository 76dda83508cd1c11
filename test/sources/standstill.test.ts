// What a wait is worth after the process stood still: only the time in which it ran.
import { expect, test } from 'vitest';
import { afterRunning } from '../../pipeline/sources/source-clock.js';

/** A clock whose timers come due all at once, as after a standstill. */
function pausedClock() {
  const due: { delayMs: number; action: () => void }[] = [];
  return {
    due,
    after(delayMs: number, action: () => void) {
      const timer = { delayMs, action };
      due.push(timer);
      return () => void due.splice(due.indexOf(timer), 1);
    },
  };
}

test('a standstill in the middle of a wait takes no more than a second of it', () => {
  const clock = pausedClock();
  let isOver = false;
  afterRunning(clock, 3000, () => (isOver = true));
  const waited: number[] = [];
  while (!isOver) {
    const timer = clock.due.shift();
    waited.push(timer?.delayMs ?? 0);
    timer?.action();
  }
  expect(waited).toEqual([1000, 1000, 1000]);
});

test('a wait that is called off does nothing, in whichever step it is', () => {
  const clock = pausedClock();
  const cancel = afterRunning(clock, 2500, () => expect.fail('it was called off'));
  clock.due.shift()?.action();
  cancel();
  expect(clock.due).toEqual([]);
});
