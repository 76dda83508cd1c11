// The clock on the wall is set while people are in view: on a board without a battery, or after a suspend. Or the process
// stands still, and time goes on meanwhile.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FaceEvent } from '../../../../protocol/events.js';
import type { Gallery } from '../../../../pipeline/tasks/faces/gallery/gallery.js';
import { TrackedStream } from '../../../../pipeline/tasks/faces/tracked-stream.js';

const FRAME_MS = 40;
const FACE = { x1: 100, y1: 100, x2: 200, y2: 220, score: 0.9 };
// Not all of one colour: that would look like nothing.
const pixels = new SharedArrayBuffer(640 * 480 * 3);
new Uint8Array(pixels).forEach((_, index, all) => (all[index] = (index * 7) & 255));
const VIEW = { width: 640, height: 480, pixels, channels: 3 } as const;

let events: FaceEvent[];
let stream: TrackedStream;
let tick: NodeJS.Timeout;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setInterval', 'clearInterval'], now: 1_700_000_000_000 });
  events = [];
  stream = new TrackedStream({
    stream: 'door',
    model: 'embedder',
    rule: { match: 0.4, margin: 0.05 },
    detectionScore: 0.5,
    // Nobody is enrolled.
    gallery: { version: 0, lastRemoval: 0, person: () => undefined } as unknown as Gallery,
    pictures: null,
    detectEvery: 1,
    onEvents: (told) => events.push(...told),
  });
  tick = setInterval(() => stream.tick(), 100);
});
afterEach(() => {
  clearInterval(tick);
  vi.useRealTimers();
});

async function watch(seconds: number): Promise<Set<string>> {
  const tracks = new Set<string>();
  for (let ms = 0; ms < 1000 * seconds; ms += FRAME_MS) {
    const frame = stream.begin(performance.now(), 80_000);
    const chosen = await frame.choose([FACE], VIEW);
    const answer = { points: [] };
    for (const { track } of frame.learn(chosen.map(({ face }) => ({ face, answer })))) tracks.add(track);
    vi.advanceTimersByTime(FRAME_MS);
  }
  return tracks;
}

test.each([-60_000, 10_000, 86_400_000])('a clock that is set by %d ms ends nobody’s track', async (stepMs) => {
  const before = await watch(2);
  vi.setSystemTime(Date.now() + stepMs);
  expect(await watch(2)).toEqual(before);
  expect(events.map(({ kind }) => kind)).toEqual(['appear']);
});

test('what is told after the clock was set has the time that is right then, also of what was before', async () => {
  await watch(2);
  const [appeared] = events;
  expect(appeared?.ts).toBeGreaterThanOrEqual(1_700_000_000_000);
  expect(appeared?.ts).toBeLessThan(1_700_000_002_000);

  vi.setSystemTime(Date.now() + 3_600_000);
  stream.end();
  const left = events.at(-1);
  expect(left).toMatchObject({ kind: 'leave', ts: 1_700_003_602_000 });
  expect((left?.last_ts ?? 0) - (left?.first_ts ?? 0)).toBe(2000 - FRAME_MS);
  expect(left?.before?.ts).toBe((appeared?.ts ?? 0) + 3_600_000);
});

/** Time goes on, and nothing of the process does. */
function standStill(ms: number): void {
  clearInterval(tick);
  vi.advanceTimersByTime(ms);
  tick = setInterval(() => stream.tick(), 100);
}

describe.each([4000, 40_000, 600_000])('a process that stood still for %d ms', (ms) => {
  test('ends nobody’s track, whatever it does first when it goes on', async () => {
    const before = await watch(2);
    standStill(ms);
    expect(await watch(2)).toEqual(before);
    standStill(ms);
    vi.advanceTimersByTime(300);
    expect(await watch(2)).toEqual(before);
    expect(events.map(({ kind }) => kind)).toEqual(['appear']);
  });

  test('tells who left meanwhile, and that they were last seen before', async () => {
    await watch(2);
    const seenMs = Date.now() - FRAME_MS;
    standStill(ms);
    vi.advanceTimersByTime(6000);
    expect(events.map(({ kind }) => kind)).toEqual(['appear', 'leave']);
    expect(events.at(-1)?.last_ts).toBe(seenMs);
  });
});
