// What a wait is worth after the process stood still: only the time in which it ran.
import { expect, test } from 'vitest';
import { afterRunning } from '../../pipeline/threads/running-time.js';
import { HandClock } from '../cameras/hand-clock.js';

test('a wait ends when the process has run for so long', () => {
  const clock = new HandClock();
  let endedMs: number | null = null;
  afterRunning(3500, () => (endedMs = clock.nowMs()), clock);
  clock.pass(3400);
  expect(endedMs).toBeNull();
  clock.pass(1000);
  expect(endedMs).toBe(3500);
});

test.each([
  ['at its beginning', 500],
  ['just before its end', 2900],
])('a standstill of minutes %s is no part of a wait, which never ends in the first moment after it', (_, ranMs) => {
  const clock = new HandClock();
  let isOver = false;
  afterRunning(3000, () => (isOver = true), clock);
  clock.pass(ranMs);
  clock.standStill(600_000);
  expect(isOver).toBe(false);
  clock.pass(900);
  expect(isOver).toBe(false);
  clock.pass(3000);
  expect(isOver).toBe(true);
});

test('a process that stands still again and again blames nobody', () => {
  const clock = new HandClock();
  afterRunning(3000, () => expect.fail('nothing was read in between'), clock);
  clock.pass(2500);
  for (let times = 0; times < 20; times++) {
    clock.standStill(5000);
    clock.pass(500);
  }
});

test('a wait that is called off does nothing, in whichever step it is', () => {
  const clock = new HandClock();
  const cancel = afterRunning(2500, () => expect.fail('it was called off'), clock);
  clock.pass(1500);
  cancel();
  clock.pass(10_000);
});
