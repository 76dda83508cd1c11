// Messages that come faster than they can be handled wait for their turn in order, are refused when too many wait, and end the
// connection of whoever does not stop; the others get their turns between.
import { expect, test, vi } from 'vitest';
import { UnfinishedBytes } from '../../server/memory/unfinished-bytes.js';
import { Intake, type IntakePeer } from '../../server/ws/intake.js';
import { IntakeTurns } from '../../server/ws/intake-turns.js';

const MB = 1024 * 1024;
const numbered = (number: number, bytes = 8): ArrayBuffer => {
  const message = new ArrayBuffer(bytes);
  new DataView(message).setUint32(0, number);
  return message;
};

/** What was worked so far, beside the time of the timers. */
let workedMs = 0;

/** A connection whose every message takes so long, by a clock that only that moves. */
function connection(turns: IntakeTurns, unfinished: UnfinishedBytes, msEach = 1) {
  const handled: number[] = [];
  const told = { limited: 0, refused: 0, abused: 0 };
  const peer: IntakePeer = {
    handle: (message) => {
      handled.push(new DataView(message).getUint32(0));
      workedMs += msEach;
    },
    rateLimited: (_retryAfterMs, messages) => {
      told.limited++;
      told.refused += messages;
    },
    abused: () => told.abused++,
    batch: (act) => act(),
  };
  return { intake: new Intake(turns, unfinished.share(), peer), handled, told };
}

function withFakeClock(run: () => void): () => void {
  return () => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout', 'setImmediate'] });
    vi.spyOn(performance, 'now').mockImplementation(() => Date.now() + workedMs);
    try {
      run();
    } finally {
      vi.restoreAllMocks();
      vi.useRealTimers();
    }
  };
}
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test(
  'a burst is handled to the end, in order, a little at a time',
  withFakeClock(() => {
    const unfinished = new UnfinishedBytes(MB);
    const { intake, handled, told } = connection(new IntakeTurns(), unfinished);
    for (const number of range(1000)) intake.receive(numbered(number), true);
    const atOnce = handled.length;
    expect(atOnce).toBeLessThan(20);
    expect(unfinished.heldBytes).toBe(8 * (1000 - atOnce));
    vi.advanceTimersByTime(1);
    expect(handled.length).toBeLessThan(atOnce + 200);
    vi.runAllTimers();
    expect(handled).toEqual(range(1000));
    expect([told, unfinished.heldBytes]).toEqual([{ limited: 0, refused: 0, abused: 0 }, 0]);
  }),
);

test(
  'a large message does not overtake those that wait, and waits for nothing where none do',
  withFakeClock(() => {
    const unfinished = new UnfinishedBytes(16 * MB);
    const { intake, handled } = connection(new IntakeTurns(), unfinished);
    for (const number of range(100)) intake.receive(numbered(number, 80_000), true);
    expect(handled).toEqual(range(100));
    for (const number of range(100)) intake.receive(numbered(number), true);
    intake.receive(numbered(100, 6_000_000), true);
    vi.runAllTimers();
    expect(handled.slice(100)).toEqual(range(101));
  }),
);

test(
  'beyond what may wait messages are refused, which is told once; those that wait are handled',
  withFakeClock(() => {
    const { intake, handled, told } = connection(new IntakeTurns(), new UnfinishedBytes(64 * MB));
    for (const number of range(12_000)) intake.receive(numbered(number), true);
    expect(told).toMatchObject({ limited: 1, abused: 0 });
    vi.runAllTimers();
    expect(handled).toEqual(range(handled.length));
    expect(handled.length).toBeGreaterThan(8000);
    intake.receive(numbered(1), true);
    intake.close();
    expect(told.refused + handled.length).toBe(12_001);
  }),
);

test(
  'all connections together hold no more waiting messages than the common bound',
  withFakeClock(() => {
    const unfinished = new UnfinishedBytes(MB);
    const turns = new IntakeTurns();
    const connections = range(20).map(() => connection(turns, unfinished));
    for (const number of range(100)) for (const { intake } of connections) intake.receive(numbered(number, 4096), true);
    expect(unfinished.heldBytes).toBeLessThanOrEqual(MB);
    expect(connections.some(({ told }) => told.limited > 0)).toBe(true);
    for (const { intake } of connections) intake.close();
    expect(unfinished.heldBytes).toBe(0);
  }),
);

test(
  'who does not stop is disconnected: in one turn of the loop, and after some seconds of refusals',
  withFakeClock(() => {
    const turns = new IntakeTurns();
    const fast = connection(turns, new UnfinishedBytes(64 * MB));
    for (let sent = 0; sent < 20_000 && fast.told.abused === 0; sent++) fast.intake.receive(numbered(sent), true);
    expect(fast.told.abused).toBe(1);
    fast.intake.close();
    const steady = connection(new IntakeTurns(), new UnfinishedBytes(64 * MB));
    for (const number of range(9000)) steady.intake.receive(numbered(number), true);
    expect(steady.told).toMatchObject({ limited: 1, abused: 0 });
    for (let second = 0; second < 40 && steady.told.abused === 0; second++) {
      vi.advanceTimersByTime(1000);
      for (const number of range(12_000)) steady.intake.receive(numbered(number), true);
    }
    expect(steady.told.abused).toBe(1);
    expect(steady.told.limited).toBeGreaterThan(2);
  }),
);

test(
  'who is gone in the last second before that is not disconnected once more, and leaves no timer',
  withFakeClock(() => {
    const { intake, told } = connection(new IntakeTurns(), new UnfinishedBytes(64 * MB));
    for (let second = 0; second < 30; second++) {
      for (const number of range(12_000)) intake.receive(numbered(number), true);
      vi.advanceTimersByTime(999);
    }
    const { limited, refused } = told;
    expect(told.abused).toBe(0);
    for (const number of range(12_000)) intake.receive(numbered(number), true);
    intake.close();
    expect(told.abused).toBe(0);
    expect(told.refused).toBeGreaterThan(refused);
    vi.runAllTimers();
    expect(told.limited).toBe(limited + 1);
    expect(vi.getTimerCount()).toBe(0);
  }),
);

test(
  'who sends little has its turn between those who send much',
  withFakeClock(() => {
    const turns = new IntakeTurns();
    const unfinished = new UnfinishedBytes(64 * MB);
    const floods = range(5).map(() => connection(turns, unfinished));
    for (const number of range(2000)) for (const { intake } of floods) intake.receive(numbered(number), true);
    const honest = connection(turns, unfinished);
    honest.intake.receive(numbered(7), true);
    while (honest.handled.length === 0) vi.advanceTimersToNextTimer();
    for (const { handled } of floods) expect(handled.length).toBeLessThan(500);
    for (const { intake } of floods) intake.close();
  }),
);
