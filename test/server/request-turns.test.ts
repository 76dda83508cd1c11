// Requests that come at once are begun a little in each turn of the event loop, in their order; what comes between has its turn too.
import { expect, test } from 'vitest';
import { RequestTurns } from '../../server/request-turns.js';

/** Turns by a clock that only work moves on. */
function turnsOf(sliceMs: number) {
  let nowMs = 0;
  const done: number[] = [];
  const turns = new RequestTurns({ sliceMs, nowMs: () => nowMs });
  const request = (number: number, ms: number): Promise<void> => {
    const work = (): void => {
      nowMs += ms;
      done.push(number);
    };
    const wait = turns.wait();
    if (wait === null) return Promise.resolve(work());
    return wait.then(work);
  };
  return { done, request };
}
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test('a few requests begin at once, however long they take', () => {
  const { done, request } = turnsOf(2);
  for (const number of range(20)) void request(number, 10);
  expect(done).toEqual(range(20));
});

test('many begin in their order, in each turn of the loop for as long as there is time', async () => {
  const { done, request } = turnsOf(2);
  const all = Promise.all(range(200).map((number) => request(number, 1)));
  expect(done).toHaveLength(32);
  const before = done.length;
  for (let turn = 0; turn < 10; turn++) await nextTurn();
  expect(done.length).toBeGreaterThan(before);
  expect(done.length).toBeLessThanOrEqual(before + 2 * 11);
  await all;
  expect(done).toEqual(range(200));
});

test('who comes behind many in one turn is begun after those who wait, and the first few of a turn before them', async () => {
  const { done, request } = turnsOf(2);
  const first = Promise.all(range(100).map((number) => request(number, 1)));
  const last = request(100, 1);
  await nextTurn();
  const few = Promise.all(range(20).map((number) => request(1000 + number, 0)));
  expect(done).toEqual(expect.arrayContaining(range(20).map((number) => 1000 + number)));
  expect(done).not.toContain(100);
  await Promise.all([first, last, few]);
  expect(done.filter((number) => number < 1000)).toEqual(range(101));
});

test('after a pause all is as at first', async () => {
  const { done, request } = turnsOf(2);
  await Promise.all(range(100).map((number) => request(number, 1)));
  for (let turn = 0; turn < 3; turn++) await nextTurn();
  void request(100, 50);
  void request(101, 50);
  expect(done).toEqual(range(102));
});
