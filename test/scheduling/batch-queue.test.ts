import { describe, expect, test } from 'vitest';
import { ImageMemory } from '../../pipeline/image-memory.js';
import { OpenStream } from '../../pipeline/open-stream.js';
import { BatchQueue } from '../../pipeline/scheduling/batch-queue.js';
import { FrameCosts } from '../../pipeline/scheduling/frame-costs.js';
import { StreamQueue } from '../../pipeline/stream-queue.js';
import type { FrameOutcome } from '../../protocol/payloads.js';

const [door, lobby] = [{}, {}];
const item = (name: string, source: object, deadlineMs: number, isInteractive = false) => ({
  name,
  origin: { source, deadlineMs, isInteractive },
});
const image = new ImageMemory(0).hold(new Uint8Array(1));
const streamParts = {
  options: { task: 'detect' },
  queue: new StreamQueue(1, () => undefined, { used: 0 }),
  tracked: null,
  weight: 1,
  usualDeadlineMs: 2000,
  model: 'm',
  gallery: null,
  thresholds: { detectionScore: 0.5, nmsIou: 0.4, match: 0.4, margin: 0 },
  errorOutcome: (): FrameOutcome => ({ status: 'dropped', reason: 'deadline' }),
} as const;
const names = (items: readonly { readonly name: string }[]) => items.map(({ name }) => name);

describe('a batch', () => {
  test('takes what is due first, whatever order it came in', () => {
    const queue = new BatchQueue<ReturnType<typeof item>>(8);
    for (const [name, due] of Object.entries({ late: 90, soon: 10, middle: 50 })) queue.add(item(name, {}, due), 0);
    expect(names(queue.take(2))).toEqual(['soon', 'middle']);
    expect(names(queue.take(2))).toEqual(['late']);
    expect(queue.size).toBe(0);
  });

  test('takes single images before any stream', () => {
    const queue = new BatchQueue<ReturnType<typeof item>>(8);
    queue.add(item('stream', door, 1), 0);
    queue.add(item('image', {}, Infinity, true), 0);
    expect(queue.hasInteractive).toBe(true);
    expect(names(queue.take(1))).toEqual(['image']);
  });

  test('is not filled by one stream while another waits', () => {
    const queue = new BatchQueue<ReturnType<typeof item>>(2);
    for (let i = 0; i < 6; i++) queue.add(item(`door ${i}`, door, i), 0);
    for (let i = 0; i < 2; i++) queue.add(item(`lobby ${i}`, lobby, 50 + i), 0);
    expect(names(queue.take(4)).sort()).toEqual(['door 0', 'door 1', 'lobby 0', 'lobby 1']);
    // Nobody else waits: room is not left empty for the sake of a rule.
    expect(names(queue.take(3))).toEqual(['door 2', 'door 3', 'door 4']);
    expect(names(queue.take(3))).toEqual(['door 5']);
  });
});

test('a stream that can wait long is not passed over for ever by those that cannot', () => {
  const queue = new BatchQueue<ReturnType<typeof item>>(8);
  const patient = new OpenStream({ ...streamParts, deadlineMs: 60_000 });
  const usual = new OpenStream({ ...streamParts, deadlineMs: 2000 });
  const frameOf = (name: string, stream: OpenStream, receivedAtMs: number) => {
    const { origin } = stream.begin({ frame: { seq: 0, ts: null, receivedAtMs, outcome: null }, image }).work;
    queue.add({ name, origin }, receivedAtMs);
    return origin;
  };
  frameOf('usual 0', usual, 0);
  expect(frameOf('patient', patient, 10).deadlineMs).toBe(60_010);
  frameOf('usual 20', usual, 20);
  expect(names(queue.take(1))).toEqual(['usual 0']);
  frameOf('usual 30', usual, 30);
  expect(names(queue.take(1))).toEqual(['patient']);
});

describe('what a frame takes', () => {
  test('is unknown at first, and then the mean with some safety', () => {
    const costs = new FrameCosts();
    expect(costs.expectedMs).toBe(0);
    for (let i = 0; i < 200; i++) costs.note(20);
    expect(costs.expectedMs).toBeCloseTo(20, 0);
  });

  test('grows when it varies, and follows a change', () => {
    const costs = new FrameCosts();
    for (let i = 0; i < 200; i++) costs.note(i % 2 === 0 ? 10 : 30);
    expect(costs.expectedMs).toBeGreaterThan(30);
    for (let i = 0; i < 100; i++) costs.note(5);
    expect(costs.expectedMs).toBeLessThan(8);
  });
});
