// Single images while they wait: what they hold is bounded, and none of it is copied before its turn.
import { webcrypto } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { FrameCache } from '../../pipeline/streams/frame-cache.js';
import { CachedFaces } from '../../pipeline/tasks/faces/cached-faces.js';
import { ImageMemory } from '../../pipeline/frames/image-memory.js';
import { FairQueue } from '../../pipeline/scheduling/fair-queue.js';
import { SingleImages } from '../../pipeline/streams/single-images.js';
import { frameOfNobody, NOBODY } from '../pipeline/nobody.js';

class CountingMemory extends ImageMemory {
  copies = 0;
  override hold(image: Uint8Array) {
    this.copies++;
    return super.hold(image);
  }
}

function bench({ maxRequests = 64, maxWaitingBytes = 1000, cacheBytes = 0 } = {}) {
  const memory = new CountingMemory(0);
  const turns = new FairQueue(maxRequests);
  const waitingBytes = { used: 0 };
  const images = new SingleImages({
    cache: new FrameCache(cacheBytes),
    turns,
    images: memory,
    maxFrameBytes: 10_000,
    maxWaitingBytes,
    waitingBytes,
    deadlineMs: 1000,
    onWaiting: () => undefined,
  });
  const ask = (bytes: number, cacheable: CachedFaces | null = new CachedFaces({}, 'points', 1)) =>
    images.worked(new Uint8Array(bytes), frameOfNobody(cacheable));
  /** The next one is worked on. @returns whether there was one */
  const serve = (): boolean => {
    const turn = turns.next(0, { isIdle: true, dearMs: Infinity, fits: () => true });
    if (turn !== undefined && 'settle' in turn) turn.settle(Promise.resolve(NOBODY));
    return turn !== undefined;
  };
  return { images, memory, waitingBytes, ask, serve };
}

test('an image is copied when its turn comes, and not before', async () => {
  const { ask, serve, memory, waitingBytes } = bench();
  const asked = [ask(100), ask(200)];
  expect(memory.copies).toBe(0);
  expect(waitingBytes.used).toBe(300);
  serve();
  expect(memory.copies).toBe(1);
  expect(waitingBytes.used).toBe(200);
  serve();
  await Promise.all(asked);
  expect(waitingBytes.used).toBe(0);
});

test('one too many is refused before it is copied', async () => {
  const { ask, serve, memory, waitingBytes } = bench({ maxRequests: 1 });
  const first = ask(100);
  await expect(ask(100)).rejects.toMatchObject({ code: 'OVERLOADED' });
  expect(memory.copies).toBe(0);
  expect(waitingBytes.used).toBe(100);
  serve();
  await first;
});

test('those that wait take at most half of the memory for what waits, and leave streams the rest', async () => {
  const { ask, serve, waitingBytes } = bench({ maxWaitingBytes: 1000 });
  const asked = [ask(300), ask(200)];
  await expect(ask(1)).rejects.toMatchObject({ code: 'OVERLOADED' });
  expect(waitingBytes.used).toBe(500);
  serve();
  const later = ask(300);
  serve();
  serve();
  await Promise.all([...asked, later]);
  expect(waitingBytes.used).toBe(0);
});

test('one may always wait, however large it is and whatever waits in the streams', async () => {
  const { ask, serve, waitingBytes } = bench({ maxWaitingBytes: 1000 });
  waitingBytes.used = 1000;
  const large = ask(5000);
  await expect(ask(1)).rejects.toMatchObject({ code: 'OVERLOADED' });
  serve();
  await large;
  expect(waitingBytes.used).toBe(1000);
});

test('an image is hashed where memory of it can serve, and nowhere else', async () => {
  const digest = vi.spyOn(webcrypto.subtle, 'digest');
  const { ask, serve } = bench({ cacheBytes: 1 << 20 });
  const enrolled = ask(100, null);
  // Its turn is taken at once: there is nothing to wait for.
  serve();
  await enrolled;
  expect(digest).not.toHaveBeenCalled();
  const seen = ask(100);
  await vi.waitFor(() => expect(serve()).toBe(true), 30_000);
  await seen;
  await ask(100);
  expect(digest).toHaveBeenCalledTimes(2);
});
