// Whose frame is next: weighted fair turns over streams, single images ahead of them, and nothing begun that would be late.
import { describe, expect, test } from 'vitest';
import type { Worked } from '../../pipeline/frames/frame-job.js';
import type { FrameResult } from '../../pipeline/streams/frame-result.js';
import { ImageMemory } from '../../pipeline/frames/image-memory.js';
import { FairQueue, type Room, type StreamTurn, type Turn } from '../../pipeline/scheduling/fair-queue.js';
import { StreamQueue, type WaitingFrame } from '../../pipeline/streams/stream-queue.js';
import { frameOfNobody, NOBODY } from '../pipeline/nobody.js';

const images = new ImageMemory(1 << 20);
const origin = { source: {}, isInteractive: true, deadlineMs: Infinity };
const FREE: Room = { isIdle: false, dearMs: Infinity, fits: () => true };
const oneImage = () => ({ image: images.hold(new Uint8Array(1)), origin, job: frameOfNobody().job });

class TestStream implements StreamTurn {
  readonly results: FrameResult[] = [];
  readonly queue: StreamQueue;
  readonly begun: number[] = [];
  #seq = 0;

  constructor(
    private readonly turns: FairQueue,
    readonly weight = 1,
    private readonly deadlineMs = 1_000_000,
    credits = 1000,
    private readonly expectedMs = 0,
  ) {
    this.queue = new StreamQueue(credits, (result) => this.results.push(result), { used: 0 });
  }

  push(count: number, receivedAtMs = 0, isLarge = false): void {
    for (let i = 0; i < count; i++) {
      this.queue.push({ seq: this.#seq++, ts: null, receivedAtMs }, images.hold(new Uint8Array(8)), isLarge);
    }
    this.turns.join(this);
  }
  relieve = (): boolean => false;
  dropLate(nowMs: number): void {
    this.queue.dropOlderThan(nowMs - Math.max(0, this.deadlineMs - this.expectedMs));
  }
  begin({ frame, image }: WaitingFrame) {
    this.begun.push(frame.seq);
    return { work: { image, origin, job: frameOfNobody().job }, cacheable: null, settle: () => undefined };
  }
}
/** A frame is worked on, and this is what comes of it. */
const settle = (turn: Turn | undefined, outcome: Promise<Worked<unknown>> = Promise.resolve(NOBODY)): void => {
  if (turn !== undefined && 'settle' in turn) turn.settle(outcome);
};
const take = (turns: FairQueue, count: number): void => {
  for (let i = 0; i < count; i++) turns.next(0, FREE);
};

describe('turns', () => {
  test('go round the streams that wait, whatever each of them holds', () => {
    const turns = new FairQueue(10);
    const [greedy, modest] = [new TestStream(turns), new TestStream(turns)];
    greedy.push(100);
    modest.push(5);
    take(turns, 10);
    expect([greedy.begun.length, modest.begun.length]).toEqual([5, 5]);
  });

  test('are shared by weight', () => {
    const turns = new FairQueue(10);
    const [one, two, half] = [new TestStream(turns), new TestStream(turns, 2), new TestStream(turns, 0.5)];
    for (const stream of [one, two, half]) stream.push(100);
    take(turns, 70);
    expect([one.begun.length, two.begun.length, half.begun.length]).toEqual([20, 40, 10]);
  });

  test('go to the newest frame where streams send more than they may, and to each of them in every round', () => {
    const turns = new FairQueue(10);
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
    const turns = new FairQueue(10);
    const greedy = new TestStream(turns, 1, 1_000_000, 1);
    const modest = new TestStream(turns, 1, 1_000_000, 1);
    greedy.push(2, 9);
    modest.push(1, 3);
    take(turns, 1);
    expect([greedy.begun, modest.begun]).toEqual([[], [0]]);
  });

  test('come at once to a stream that was silent, which has saved none up', () => {
    const turns = new FairQueue(10);
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
    const turns = new FairQueue(10);
    const stream = new TestStream(turns);
    stream.push(10);
    const order: string[] = [];
    for (let i = 0; i < 3; i++) void turns.request(false, oneImage);
    for (let i = 0; i < 6; i++) {
      const before = stream.begun.length;
      settle(turns.next(0, FREE), new Promise<Worked<unknown>>(() => undefined));
      order.push(stream.begun.length > before ? 'stream' : 'image');
    }
    expect(order).toEqual(['image', 'stream', 'image', 'stream', 'image', 'stream']);
  });

  test('refuse more single images than may wait', () => {
    const turns = new FairQueue(1);
    const ask = () => turns.request(false, oneImage);
    void ask();
    expect(ask).toThrow(expect.objectContaining({ code: 'OVERLOADED', retryAfterMs: undefined }));
  });

  test('tell who is refused how long what waits should take, at the pace at which it moves', () => {
    const turns = new FairQueue(4);
    const ask = () => turns.request(false, oneImage);
    const startMs = performance.now() + 1e6;
    for (let image = 0; image < 4; image++) void ask();
    for (const ms of [0, 3000]) settle(turns.next(startMs + ms, FREE));
    for (let image = 0; image < 2; image++) void ask();
    expect(ask).toThrow(expect.objectContaining({ code: 'OVERLOADED', retryAfterMs: 12_000 }));
  });

  test('are not kept for a single image that nobody waits for any more', async () => {
    const turns = new FairQueue(2);
    const gone = new AbortController();
    const left = turns.request(false, oneImage, gone.signal);
    const stays = turns.request(false, oneImage);
    gone.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(turns.requestsWaiting).toBe(1);
    settle(turns.next(0, FREE));
    expect(await stays).toBe(NOBODY);
    expect(() => turns.request(false, oneImage, gone.signal)).toThrow('gone');
  });

  test('that have come are finished, whoever has gone meanwhile', async () => {
    const turns = new FairQueue(2);
    const gone = new AbortController();
    const asked = turns.request(false, oneImage, gone.signal);
    const turn = turns.next(0, FREE);
    gone.abort(new Error('gone'));
    settle(turn);
    expect(await asked).toBe(NOBODY);
  });

  test('are not wasted on a frame that would be answered after its deadline', () => {
    const turns = new FairQueue(10);
    const stream = new TestStream(turns, 1, 100, 1000, 40);
    stream.push(1, 0);
    stream.push(1, 60);
    // The first is 70 ms old and would take 40 more: too late by 10. The second is in time.
    turns.next(70, FREE);
    expect(stream.begun).toEqual([1]);
    expect(stream.results.map(({ seq, outcome }) => ({ seq, outcome }))).toEqual([
      { seq: 0, outcome: { status: 'dropped', reason: 'deadline' } },
    ]);
  });
});

describe('turns are counted in work', () => {
  /** Serves so many, each of which costs its stream what is told of it. @returns whose they were, in order */
  const serve = (turns: FairQueue, count: number, costs: ReadonlyMap<TestStream, number>): (TestStream | 'image')[] =>
    Array.from({ length: count }, () => {
      const before = new Map([...costs.keys()].map((stream) => [stream, stream.begun.length]));
      const turn = turns.next(0, FREE);
      const whose = [...costs.keys()].find((stream) => stream.begun.length > (before.get(stream) ?? 0));
      turn?.spent(whose === undefined ? IMAGE_MS : (costs.get(whose) ?? 0));
      return whose ?? 'image';
    });
  const IMAGE_MS = 1000;
  const costs = (...of: readonly [TestStream, number][]) => new Map(of);

  test('a stream whose frames are dear gets fewer, so that all get the same work', () => {
    const turns = new FairQueue(10);
    const [dear, cheap] = [new TestStream(turns), new TestStream(turns)];
    for (const stream of [dear, cheap]) stream.push(400);
    serve(turns, 210, costs([dear, 120], [cheap, 6]));
    expect(dear.begun.length).toBeGreaterThanOrEqual(9);
    expect(dear.begun.length).toBeLessThanOrEqual(11);
  });

  test('and by weight, of dear frames too', () => {
    const turns = new FairQueue(10);
    const [dear, cheap] = [new TestStream(turns, 2), new TestStream(turns)];
    for (const stream of [dear, cheap]) stream.push(400);
    serve(turns, 110, costs([dear, 50], [cheap, 10]));
    expect(dear.begun.length).toBeGreaterThanOrEqual(30);
    expect(dear.begun.length).toBeLessThanOrEqual(33);
  });

  test('of a frame that could not be decoded too', () => {
    const turns = new FairQueue(10);
    const [broken, whole] = [new TestStream(turns), new TestStream(turns)];
    for (const stream of [broken, whole]) stream.push(50);
    serve(turns, 30, costs([broken, 500], [whole, 10]));
    expect(broken.begun.length).toBeLessThanOrEqual(2);
  });

  test('after a dear image streams that wait are given as much before the next one', () => {
    const turns = new FairQueue(10);
    const stream = new TestStream(turns);
    stream.push(400);
    for (let i = 0; i < 3; i++) void turns.request(false, oneImage);
    const whose = serve(turns, 203, costs([stream, 10]));
    expect(whose.flatMap((one, at) => (one === 'image' ? [at] : []))).toEqual([0, 101, 202]);
  });

  test('an image owes nothing for what it cost while nobody waited', () => {
    const turns = new FairQueue(10);
    const stream = new TestStream(turns);
    void turns.request(false, oneImage);
    serve(turns, 1, costs([stream, 10]));
    void turns.request(false, oneImage);
    expect(serve(turns, 1, costs([stream, 10]))).toEqual(['image']);
  });
});

describe('what there is no room for', () => {
  const NO_LARGE: Room = { ...FREE, fits: (size) => size !== 'large' };

  test('is passed over: frames that fit go before large ones of other streams and images', async () => {
    const turns = new FairQueue(10);
    const [photos, camera] = [new TestStream(turns), new TestStream(turns)];
    photos.push(2, 0, true);
    const large = turns.request(true, oneImage);
    const small = turns.request(false, oneImage);
    camera.push(1);
    settle(turns.next(0, NO_LARGE));
    settle(turns.next(0, NO_LARGE));
    expect(await small).toBe(NOBODY);
    expect([photos.begun, camera.begun]).toEqual([[], [0]]);
    expect(turns.next(0, NO_LARGE)).toBeUndefined();
    // And has its turn when there is.
    for (let i = 0; i < 3; i++) settle(turns.next(0, FREE));
    expect(await large).toBe(NOBODY);
    expect(photos.begun).toEqual([0, 1]);
  });

  test('keeps its place in its own stream: what comes after it waits', () => {
    const turns = new FairQueue(10);
    const photos = new TestStream(turns);
    photos.push(1, 0, true);
    photos.push(1);
    expect(turns.next(0, NO_LARGE)).toBeUndefined();
    take(turns, 2);
    expect(photos.begun).toEqual([0, 1]);
  });

  test('is kept from a stream whose frames are dear, while there is none for large ones', () => {
    const turns = new FairQueue(10);
    const crowd = new TestStream(turns);
    crowd.push(3);
    const room: Room = { ...NO_LARGE, dearMs: 100 };
    turns.next(0, room)?.spent(1500);
    expect(turns.next(0, room)).toBeUndefined();
    expect(turns.next(0, { ...room, fits: (size) => size === 'large' })).toMatchObject({ work: { size: 'large' } });
  });

  test('is left to streams that are known to be cheap', () => {
    const turns = new FairQueue(10);
    const [known, unknown] = [new TestStream(turns), new TestStream(turns)];
    const lastPlace: Room = { ...FREE, dearMs: 100, fits: (size) => size === 'usual' };
    known.push(1);
    turns.next(0, FREE)?.spent(10);
    unknown.push(1);
    void turns.request(false, oneImage);
    expect(turns.next(0, lastPlace)).toBeUndefined();
    known.push(1);
    turns.next(0, lastPlace);
    expect([known.begun, unknown.begun, turns.requestsWaiting]).toEqual([[0, 1], [], 1]);
  });
});

describe('other work', () => {
  test('takes its turn among single images, as a large one', async () => {
    const turns = new FairQueue(10);
    const stream = new TestStream(turns);
    stream.push(2);
    const done: string[] = [];
    const image = turns.request(true, oneImage);
    const drawn = turns.aside(() => Promise.resolve(done.push('drawn')));
    const noLarge: Room = { ...FREE, fits: (size) => size !== 'large' };
    expect([turns.next(0, noLarge), turns.next(0, noLarge)].map((turn) => turn !== undefined && 'work' in turn)).toEqual([
      true,
      true,
    ]);
    expect(turns.next(0, noLarge)).toBeUndefined();
    settle(turns.next(0, FREE));
    await image;
    const turn = turns.next(0, FREE);
    expect(done).toEqual([]);
    if (turn !== undefined && 'job' in turn) await turn.job();
    await drawn;
    expect(done).toEqual(['drawn']);
  });

  test('that fails is told to who asked, and to nobody else', async () => {
    const turns = new FairQueue(10);
    const failed = turns.aside(() => {
      throw new Error('no picture');
    });
    const turn = turns.next(0, FREE);
    if (turn !== undefined && 'job' in turn) await turn.job();
    await expect(failed).rejects.toThrow('no picture');
  });

  test('is refused where too many wait', () => {
    const turns = new FairQueue(1);
    void turns.request(false, oneImage);
    expect(() => turns.aside(() => Promise.resolve())).toThrow(expect.objectContaining({ code: 'OVERLOADED' }));
  });
});

test('an image that there is no memory for is refused when its turn comes, and the next one has it', async () => {
  const turns = new FairQueue(10);
  const poor = turns.request(false, () => {
    throw new RangeError('Array buffer allocation failed');
  });
  const next = turns.request(false, oneImage);
  settle(turns.next(0, FREE));
  await expect(poor).rejects.toThrow('allocation failed');
  await expect(next).resolves.toBe(NOBODY);
});
