import { describe, expect, test } from 'vitest';
import type { FrameResult } from '../../pipeline/streams/frame-result.js';
import { ImageMemory } from '../../pipeline/frames/image-memory.js';
import { StreamQueue, type QueuedFrame } from '../../pipeline/streams/stream-queue.js';
import type { FrameOutcome } from '../../protocol/payloads.js';

const OK: FrameOutcome = {
  status: 'ok',
  width: 1,
  height: 1,
  timing: { decode: 1, preprocess: 1, queue: 0, infer: 1, match: 1, total: 0 },
  model: 'm',
  gallery_version: 0,
  faces: [],
};
const images = new ImageMemory(1 << 20);
const place = (seq: number, receivedAtMs = 0) => ({ seq, ts: null, receivedAtMs });
const frame = (seq: number, receivedAtMs = 0) => [place(seq, receivedAtMs), images.hold(new Uint8Array(10))] as const;

function queueOf(credits: number) {
  const results: FrameResult[] = [];
  const waitingBytes = { used: 0 };
  const queue = new StreamQueue(credits, (result) => results.push(result), waitingBytes);
  const told = () =>
    results.map(({ seq, outcome }) => `${seq}:${outcome.status === 'dropped' ? outcome.reason : outcome.status}`);
  const takeAll = () => {
    const taken: QueuedFrame[] = [];
    for (let next = queue.take(); next !== undefined; next = queue.take()) taken.push(next.frame);
    return taken;
  };
  return { queue, told, takeAll, results, waitingBytes };
}

describe('a stream queue', () => {
  test('loses nothing of a client that stays within its credits', () => {
    const { queue, told, takeAll } = queueOf(3);
    for (const seq of [0, 1, 2]) queue.push(...frame(seq));
    for (const taken of takeAll()) queue.settle(taken, OK);
    expect(told()).toEqual(['0:ok', '1:ok', '2:ok']);
  });

  test('answers in the order sent, whatever order the work ends in, and a drop waits for those before it', () => {
    const { queue, told } = queueOf(2);
    queue.push(...frame(0));
    const first = queue.take()?.frame;
    queue.push(...frame(1));
    queue.push(...frame(2));
    expect(told()).toEqual([]);
    const second = queue.take()?.frame;
    if (first === undefined || second === undefined) throw new Error('nothing to take');
    expect(second.seq).toBe(2);
    queue.settle(second, OK);
    expect(told()).toEqual([]);
    queue.settle(first, OK);
    expect(told()).toEqual(['0:ok', '1:superseded', '2:ok']);
  });

  test('keeps the newest of a flood while all credits are at work', () => {
    const { queue, told } = queueOf(1);
    queue.push(...frame(0));
    const atWork = queue.take()?.frame;
    for (let seq = 1; seq <= 50; seq++) queue.push(...frame(seq));
    expect(queue.waiting).toBe(1);
    expect(queue.waitingBytes).toBe(10);
    if (atWork === undefined) throw new Error('nothing to take');
    queue.settle(atWork, OK);
    const newest = queue.take()?.frame;
    expect(newest?.seq).toBe(50);
    expect(told()).toHaveLength(50);
  });

  test('goes on keeping the newest alone until the client has kept to its credits for a while', () => {
    const { queue, told, takeAll } = queueOf(2);
    for (const seq of [0, 1, 2]) queue.push(...frame(seq, 1000));
    for (const taken of takeAll()) queue.settle(taken, OK);
    expect(told()).toEqual(['0:superseded', '1:superseded', '2:ok']);

    for (const seq of [3, 4]) queue.push(...frame(seq, 1400));
    for (const taken of takeAll()) queue.settle(taken, OK);
    expect(told().slice(3)).toEqual(['3:superseded', '4:ok']);

    for (const seq of [5, 6]) queue.push(...frame(seq, 2000));
    for (const taken of takeAll()) queue.settle(taken, OK);
    expect(told().slice(5)).toEqual(['5:ok', '6:ok']);
  });

  test('drops what has waited past the deadline, and says so', () => {
    const { queue, told } = queueOf(3);
    queue.push(...frame(0, 100));
    queue.push(...frame(1, 300));
    queue.dropOlderThan(200);
    expect(told()).toEqual(['0:deadline']);
    expect(queue.waiting).toBe(1);
  });

  test('puts a frame that was refused at the door in its place in the order', () => {
    const { queue, told } = queueOf(3);
    queue.push(...frame(0));
    queue.pushAnswered(place(1), { status: 'error', code: 'TOO_LARGE', message: '' });
    expect(told()).toEqual([]);
    const taken = queue.take()?.frame;
    if (taken === undefined) throw new Error('nothing to take');
    queue.settle(taken, OK);
    expect(told()).toEqual(['0:ok', '1:error']);
  });

  test('keeps the order, and its account, where who is told a result hands in the next frame at once', async () => {
    const told: number[] = [];
    const refused: FrameOutcome = { status: 'error', code: 'TOO_LARGE', message: '' };
    const queue: StreamQueue = new StreamQueue(
      2,
      ({ seq }) => {
        if (seq === 0) queue.pushAnswered(place(2), refused);
        told.push(seq);
      },
      { used: 0 },
    );
    const [first, second] = [queue.pushTaken(place(0)), queue.pushTaken(place(1))];
    const settled = queue.settled();
    queue.settle(second, OK);
    queue.settle(first, OK);
    expect(told).toEqual([0, 1, 2]);
    await settled;
    expect(queue.stats).toEqual({ received: 3, ok: 2, dropped: 0, errors: 1 });
  });

  test('accounts for every frame: received is ok and dropped and errors', async () => {
    const { queue } = queueOf(2);
    for (let seq = 0; seq < 20; seq++) {
      queue.push(...frame(seq));
      if (seq % 3 === 0) {
        const taken = queue.take()?.frame;
        if (taken !== undefined) queue.settle(taken, seq % 2 === 0 ? OK : { status: 'error', code: 'BAD_IMAGE', message: '' });
      }
    }
    queue.dropWaiting('draining');
    await queue.settled();
    const { received, ok, dropped, errors } = queue.stats;
    expect(received).toBe(20);
    expect(ok + dropped + errors).toBe(20);
    expect(queue.waitingBytes).toBe(0);
  });

  test('tells the total when the result leaves, and stages that sum to at most it', () => {
    const { queue, results } = queueOf(1);
    queue.push(...frame(0, performance.now() - 50));
    const taken = queue.take()?.frame;
    if (taken === undefined) throw new Error('nothing to take');
    queue.settle(taken, OK);
    const outcome = results[0]?.outcome;
    if (outcome?.status !== 'ok') throw new Error('not ok');
    const { decode, preprocess, queue: waited, infer, match, total } = outcome.timing;
    expect(total).toBeGreaterThanOrEqual(50);
    expect(decode + preprocess + waited + infer + match).toBeCloseTo(total, 6);
  });
});
