import { describe, expect, test } from 'vitest';
import { ImageMemory } from '../../pipeline/frames/image-memory.js';
import { OpenStream } from '../../pipeline/streams/open-stream.js';
import { BatchQueue } from '../../pipeline/scheduling/batch-queue.js';
import { FrameCosts } from '../../pipeline/scheduling/frame-costs.js';
import { StreamQueue } from '../../pipeline/streams/stream-queue.js';
import type { FrameOutcome } from '../../protocol/payloads.js';
import { NOBODY, streamOfNobody } from '../pipeline/nobody.js';

const [door, lobby] = [{}, {}];
const item = (name: string, source: object, deadlineMs: number, isInteractive = false) => ({
  name,
  origin: { source, deadlineMs, isInteractive },
});
const image = new ImageMemory(0).hold(new Uint8Array(1));
const streamParts = {
  queue: new StreamQueue(1, () => undefined, { used: 0 }),
  task: streamOfNobody,
  weight: 1,
  usualDeadlineMs: 2000,
  maxFrameBytes: 1 << 20,
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
    expect(queue.nextImage?.item.name).toBe('image');
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

describe('a crowd', () => {
  test('waits for itself: of each stream so much is done a round, and the others come between', () => {
    const queue = new BatchQueue<ReturnType<typeof item>>(Infinity);
    for (let i = 0; i < 100; i++) queue.add(item(`crowd ${i}`, door, 10), 0);
    expect(names(queue.take(2))).toEqual(['crowd 0', 'crowd 1']);
    queue.add(item('lobby', lobby, 500), 0);
    expect(names(queue.take(4))).toEqual(['crowd 2', 'crowd 3', 'lobby', 'crowd 4']);
  });

  test('that is at work already lets whoever comes go first', () => {
    const queue = new BatchQueue<ReturnType<typeof item>>(Infinity);
    for (let i = 0; i < 100; i++) queue.add(item(`crowd ${i}`, door, 10), 0);
    for (let frame = 0; frame < 5; frame++) {
      queue.take(10);
      queue.add(item(`lobby ${frame}`, lobby, 500), 0);
      expect(names(queue.take(1))).toEqual([`lobby ${frame}`]);
    }
  });

  test('in a single image takes its turns beside streams, and all of them where none waits', () => {
    const queue = new BatchQueue<ReturnType<typeof item>>(Infinity);
    const photo = {};
    for (let i = 0; i < 100; i++) queue.add(item(`photo ${i}`, photo, 10, true), 0);
    for (let i = 0; i < 2; i++) queue.add(item(`door ${i}`, door, 500), 0);
    expect(names(queue.take(4))).toEqual(['photo 0', 'door 0', 'photo 1', 'door 1']);
    expect(names(queue.take(3))).toEqual(['photo 2', 'photo 3', 'photo 4']);
  });

  test('of one image does not keep another image waiting', () => {
    const queue = new BatchQueue<ReturnType<typeof item>>(Infinity);
    const photo = {};
    for (let i = 0; i < 100; i++) queue.add(item(`photo ${i}`, photo, 10, true), 0);
    queue.add(item('portrait', {}, 500, true), 0);
    expect(names(queue.take(5))).toEqual(['photo 0', 'photo 1', 'photo 2', 'photo 3', 'portrait']);
  });
});

test('a stream that can wait long is not passed over for ever by those that cannot', () => {
  const queue = new BatchQueue<ReturnType<typeof item>>(8);
  const patient = new OpenStream({ ...streamParts, deadlineMs: 60_000 });
  const usual = new OpenStream({ ...streamParts, deadlineMs: 2000 });
  const frameOf = (name: string, stream: OpenStream, receivedAtMs: number) => {
    const { origin } = stream.begin({ frame: { seq: 0, ts: null, receivedAtMs, outcome: null }, image, isLarge: false }).work;
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

  test('is believed less each time that a frame is given up for it, so that it is found out again', () => {
    const costs = new FrameCosts();
    costs.note(700);
    expect(costs.expectedMs).toBeGreaterThan(200);
    for (let i = 0; i < 20; i++) costs.doubt();
    expect(costs.expectedMs).toBeLessThan(200);
  });
});

describe('an open stream', () => {
  const streamWith = (deadlineMs: number) => {
    const results: FrameOutcome[] = [];
    const queue = new StreamQueue(2, ({ outcome }) => results.push(outcome), { used: 0 });
    return { stream: new OpenStream({ ...streamParts, deadlineMs, queue }), queue, results };
  };
  /** A frame that took so long, by what the stream is told. */
  const worked = async ({ stream, queue }: ReturnType<typeof streamWith>) => {
    queue.push({ seq: 0, ts: null, receivedAtMs: performance.now() }, image);
    const taken = queue.take();
    if (taken === undefined) throw new Error('it waits');
    stream.begin(taken).settle(new Promise((resolve) => setTimeout(() => resolve(NOBODY), 50)));
    await queue.settled();
  };

  test('gives frames up by what its own take, whatever those of others do', async () => {
    const [slow, other] = [streamWith(60), streamWith(60)];
    await worked(slow);
    for (const { queue } of [slow, other]) queue.push({ seq: 1, ts: null, receivedAtMs: 0 }, image);
    for (const { stream } of [slow, other]) stream.dropLate(20, false);
    expect(slow.results).toHaveLength(2);
    expect(other.results).toEqual([]);
  });

  test('tries a frame again and again where all would be given up, and at once where nothing else is under way', async () => {
    const slow = streamWith(60);
    await worked(slow);
    slow.queue.push({ seq: 1, ts: null, receivedAtMs: 0 }, image);
    slow.stream.dropLate(20, true);
    expect(slow.queue.waiting).toBe(1);
    for (let i = 0; i < 100; i++) {
      slow.queue.push({ seq: 2 + i, ts: null, receivedAtMs: 0 }, image);
      slow.stream.dropLate(20, false);
    }
    expect(slow.queue.waiting).toBeGreaterThan(0);
  });
});
