// Whose frame is next: weighted fair turns over streams, single images ahead of them, and nothing begun that would be late.
import { describe, expect, test } from 'vitest';
import type { WorkedFrame } from '../../pipeline/frame-engine.js';
import type { FrameResult } from '../../pipeline/frame-result.js';
import { ImageMemory } from '../../pipeline/image-memory.js';
import { Turns, type StreamTurn } from '../../pipeline/scheduling/turns.js';
import { StreamQueue, type WaitingFrame } from '../../pipeline/stream-queue.js';
import { NOBODY } from '../pipeline/nobody.js';

const images = new ImageMemory(1 << 20);
const origin = { source: {}, isInteractive: true, deadlineMs: Infinity };
const oneImage = () => ({ image: images.hold(new Uint8Array(1)), origin, want: 'all' as const });

class TestStream implements StreamTurn {
  readonly results: FrameResult[] = [];
  readonly queue: StreamQueue;
  readonly begun: number[] = [];
  #seq = 0;

  constructor(
    private readonly turns: Turns,
    readonly weight = 1,
    readonly deadlineMs = 1_000_000,
    credits = 1000,
  ) {
    this.queue = new StreamQueue(credits, (result) => this.results.push(result), { used: 0 });
  }

  push(count: number, receivedAtMs = 0): void {
    for (let i = 0; i < count; i++) {
      this.queue.push({ seq: this.#seq++, ts: null, receivedAtMs }, images.hold(new Uint8Array(8)));
    }
    this.turns.join(this);
  }
  relieve = (): boolean => false;
  begin({ frame, image }: WaitingFrame) {
    this.begun.push(frame.seq);
    return { work: { image, origin, want: 'points' as const }, settle: () => undefined };
  }
}
const take = (turns: Turns, count: number): void => {
  for (let i = 0; i < count; i++) turns.next(0, 0);
};

describe('turns', () => {
  test('go round the streams that wait, whatever each of them holds', () => {
    const turns = new Turns(10);
    const [greedy, modest] = [new TestStream(turns), new TestStream(turns)];
    greedy.push(100);
    modest.push(5);
    take(turns, 10);
    expect([greedy.begun.length, modest.begun.length]).toEqual([5, 5]);
  });

  test('are shared by weight', () => {
    const turns = new Turns(10);
    const [one, two, half] = [new TestStream(turns), new TestStream(turns, 2), new TestStream(turns, 0.5)];
    for (const stream of [one, two, half]) stream.push(100);
    take(turns, 70);
    expect([one.begun.length, two.begun.length, half.begun.length]).toEqual([20, 40, 10]);
  });

  test('go to the newest frame where streams send more than they may, and to each of them in every round', () => {
    const turns = new Turns(10);
    const streams = [5, 9, 7].map((cameMs) => {
      const stream = new TestStream(turns, 1, 1_000_000, 1);
      stream.push(2, cameMs);
      return stream;
    });
    const [five, nine, seven] = streams.map(({ begun }) => begun);
    take(turns, 1);
    expect([five, nine, seven]).toEqual([[], [1], []]);
    streams[1]?.push(1, 12);
    take(turns, 1);
    expect([five, nine, seven]).toEqual([[], [1], [1]]);
    take(turns, 2);
    expect([five, nine, seven]).toEqual([[1], [1, 2], [1]]);
  });

  test('go to a stream that keeps to its credits before those that do not', () => {
    const turns = new Turns(10);
    const greedy = new TestStream(turns, 1, 1_000_000, 1);
    const modest = new TestStream(turns, 1, 1_000_000, 1);
    greedy.push(2, 9);
    modest.push(1, 3);
    take(turns, 1);
    expect([greedy.begun, modest.begun]).toEqual([[], [0]]);
  });

  test('come at once to a stream that was silent, which has saved none up', () => {
    const turns = new Turns(10);
    const greedy = Array.from({ length: 15 }, () => new TestStream(turns));
    const slow = new TestStream(turns);
    for (const stream of greedy) stream.push(400);
    take(turns, 1500);
    slow.push(200);
    take(turns, 16);
    expect(slow.begun.length).toBe(1);
    take(turns, 1600);
    expect(slow.begun.length).toBeLessThanOrEqual(102);
    expect(slow.begun.length).toBeGreaterThanOrEqual(100);
  });

  test('go to single images first, but never twice in a row while a stream waits', () => {
    const turns = new Turns(10);
    const stream = new TestStream(turns);
    stream.push(10);
    const order: string[] = [];
    for (let i = 0; i < 3; i++) void turns.request(oneImage);
    for (let i = 0; i < 6; i++) {
      const before = stream.begun.length;
      turns.next(0, 0)?.settle(new Promise<WorkedFrame>(() => undefined));
      order.push(stream.begun.length > before ? 'stream' : 'image');
    }
    expect(order).toEqual(['image', 'stream', 'image', 'stream', 'image', 'stream']);
  });

  test('refuse more single images than may wait', () => {
    const turns = new Turns(1);
    const ask = () => turns.request(oneImage);
    void ask();
    expect(ask).toThrow(expect.objectContaining({ code: 'OVERLOADED' }));
  });

  test('are not kept for a single image that nobody waits for any more', async () => {
    const turns = new Turns(2);
    const gone = new AbortController();
    const left = turns.request(oneImage, gone.signal);
    const stays = turns.request(oneImage);
    gone.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(turns.requestsWaiting).toBe(1);
    turns.next(0, 0)?.settle(Promise.resolve(NOBODY));
    expect(await stays).toBe(NOBODY);
    expect(() => turns.request(oneImage, gone.signal)).toThrow('gone');
  });

  test('that have come are finished, whoever has gone meanwhile', async () => {
    const turns = new Turns(2);
    const gone = new AbortController();
    const asked = turns.request(oneImage, gone.signal);
    const turn = turns.next(0, 0);
    gone.abort(new Error('gone'));
    turn?.settle(Promise.resolve(NOBODY));
    expect(await asked).toBe(NOBODY);
  });

  test('are not wasted on a frame that would be answered after its deadline', () => {
    const turns = new Turns(10);
    const stream = new TestStream(turns, 1, 100);
    stream.push(1, 0);
    stream.push(1, 60);
    // The first is 70 ms old and would take 40 more: too late by 10. The second is in time.
    turns.next(70, 40);
    expect(stream.begun).toEqual([1]);
    expect(stream.results.map(({ seq, outcome }) => ({ seq, outcome }))).toEqual([
      { seq: 0, outcome: { status: 'dropped', reason: 'deadline' } },
    ]);
  });
});
