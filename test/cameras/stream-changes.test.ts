import { expect, test } from 'vitest';
import { StreamChanges } from '../../pipeline/cameras/stream-changes.js';
import { HandClock } from './hand-clock.js';

const MINUTE_MS = 60_000;

function watched() {
  const clock = new HandClock();
  const told: string[] = [];
  const text = (counts: object): string => Object.values(counts).join('/');
  const changes = new StreamChanges({
    clock,
    onChange: (change) => told.push(change),
    onFlapping: (counts) => told.push(`flapping ${text(counts)}`),
    onSettled: (counts) => told.push(`settled ${text(counts)}`),
  });
  return { clock, told, changes };
}

test('a stream that comes and goes a few times an hour is told each time', () => {
  const { clock, told, changes } = watched();
  for (let hour = 0; hour < 10; hour++) {
    for (let change = 0; change < 6; change++) {
      changes.note('down');
      changes.note('up');
      clock.pass(10 * MINUTE_MS);
    }
  }
  expect(told).toHaveLength(120);
  expect(told.some((text) => text.startsWith('flapping'))).toBe(false);
});

test('one that flaps all day is told a dozen times, that it flaps with counts, once an hour, and how it is in the end', () => {
  const { clock, told, changes } = watched();
  for (let minute = 0; minute < 24 * 60; minute++) {
    changes.note('up');
    changes.note('down');
    clock.pass(MINUTE_MS);
  }
  expect(changes.counts).toEqual({ up: 1440, down: 1440, frozen: 0, moving: 0 });
  expect(changes.isFlapping).toBe(true);
  expect(told.slice(0, 14)).toEqual([
    ...Array.from({ length: 6 }, () => ['up', 'down']).flat(),
    'flapping 1/0/0/0',
    'flapping 59/60/0/0',
  ]);
  expect(told.length).toBeLessThan(12 + 25);
  clock.pass(9 * MINUTE_MS);
  expect(changes.isFlapping).toBe(false);
  expect(told.at(-1)).toMatch(/^settled /);
  const length = told.length;
  clock.pass(300 * MINUTE_MS);
  expect(told).toHaveLength(length);
  changes.note('up');
  expect(told.at(-1)).toBe('up');
});

test('no rhythm of a camera is told more than 24 times an hour', () => {
  for (const pauseMs of [1, 400, 5_000, 5 * MINUTE_MS, 10 * MINUTE_MS, 11 * MINUTE_MS]) {
    for (const atOnce of [2, 13, 40]) {
      const { clock, told, changes } = watched();
      for (let change = 0; change * pauseMs < 4 * 60 * MINUTE_MS && change < 20_000;) {
        for (let i = 0; i < atOnce; i++) changes.note(change++ % 2 === 0 ? 'up' : 'frozen');
        clock.pass(pauseMs);
      }
      expect(told.length, `${atOnce} every ${pauseMs} ms`).toBeLessThanOrEqual(
        24 * Math.max(1, Math.ceil(clock.nowMs() / (60 * MINUTE_MS))),
      );
      changes.close();
    }
  }
});

test('an end on purpose is told also of a stream that flaps, and nothing after it', () => {
  const { clock, told, changes } = watched();
  for (let change = 0; change < 20; change++) changes.note(change % 2 === 0 ? 'up' : 'down');
  expect(told.at(-1)).toMatch(/^flapping/);
  changes.end(false);
  expect(told.at(-1)).toBe('down');
  expect([changes.isFlapping, changes.counts.down]).toEqual([false, 10]);
  const { length } = told;
  clock.pass(1000 * MINUTE_MS);
  expect(told).toHaveLength(length);
});

test('nothing is told after it was closed', () => {
  const { clock, told, changes } = watched();
  for (let change = 0; change < 20; change++) changes.note('up');
  const { length } = told;
  changes.close();
  clock.pass(1000 * MINUTE_MS);
  expect(told).toHaveLength(length);
});
