// The memory of frames by itself: what it answers, what it must not, and what it forgets. The real way is test/server/cache.test.ts.
import { expect, test } from 'vitest';
import { FrameCache, sha256Of } from '../../pipeline/streams/frame-cache.js';
import { CachedFaces, levelOf, type Level } from '../../pipeline/tasks/faces/cached-faces.js';
import type { FaceItem } from '../../pipeline/tasks/faces/face-items.js';
import type { FacesAsked, WorkedFaces } from '../../pipeline/tasks/faces/face-job.js';

const image = (seed: number): string => sha256Of(Uint8Array.of(1, 2, 3, seed));
const measures = { sizePx: 90, sharpness: 200, yawDegrees: 0, pitchDegrees: 0, score: 0.9 };

const POINTS = new CachedFaces({}, 'points', 1);

/** A cache over an engine that takes a turn of the event loop for each frame, and counts what it was asked for. */
function bench(maxBytes = 1 << 20) {
  const asked: unknown[] = [];
  const embeddings: Float32Array[] = [];
  const state = { version: 1, faces: 1 };
  const cache = new FrameCache(maxBytes);
  const compute = async (want: Level): Promise<WorkedFaces> => {
    asked.push(want);
    const { version: galleryVersion, faces } = state;
    await new Promise((resolve) => setImmediate(resolve));
    const face = { x1: 1, y1: 2, x2: 30, y2: 40, score: 0.9 };
    const answer = () => {
      const embedding = Float32Array.of(0.6, 0.8);
      embeddings.push(embedding);
      if (want === 'points') return { points: [1, 2] };
      return {
        points: [1, 2],
        measures,
        embedding,
        ...(want === 'embedding' ? {} : { matches: [{ owner: 3, similarity: 0.7 }], galleryVersion }),
      };
    };
    const stages = { decode: 2, preprocess: 1, infer: 10, match: 1 };
    return {
      isCarried: false,
      width: 64,
      height: 48,
      result: Array.from({ length: faces }, () => ({ face, answer: answer() })),
      stages,
    };
  };
  const work = (seed: number, want: FaceItem['want'] = 'match', more: FacesAsked = {}): Promise<WorkedFaces> =>
    cache.worked(new CachedFaces(more, levelOf(want), state.version), image(seed), () => compute(levelOf(want)));
  return { cache, asked, state, work, compute };
}
const answers = ({ result }: WorkedFaces) => result.map(({ answer }) => answer);

test('the same bytes are worked on once, and told to have gone through no stage', async () => {
  const { work, asked, cache } = bench();
  const first = await work(1);
  expect(first.stages.infer).toBe(10);
  const again = await work(1);
  expect(again).toEqual({ ...first, stages: { decode: 0, preprocess: 0, infer: 0, match: 0 } });
  await work(2);
  expect(asked).toHaveLength(2);
  expect(cache.figures).toMatchObject({ hits: 1, misses: 2, joined: 0, entries: 2 });
});

test('what was found for people serves whoever wants embeddings or points, and shows them no more than they want', async () => {
  const { work, asked } = bench();
  await work(1, 'match');
  expect(answers(await work(1, 'embedding'))).toEqual([{ points: [1, 2], measures, embedding: Float32Array.of(0.6, 0.8) }]);
  expect(answers(await work(1, 'points'))).toEqual([{ points: [1, 2] }]);
  expect(asked).toEqual(['all']);
});

test('less than is wanted is no answer, unless nobody is there', async () => {
  const { work, asked, state } = bench();
  await work(1, 'points');
  await work(1, 'embedding');
  await work(1, 'all');
  await work(1, 'points');
  expect(asked).toEqual(['points', 'embedding', 'all']);
  state.faces = 0;
  await work(2, 'points');
  await work(2, 'match');
  expect(asked).toHaveLength(4);
});

test('people are looked for anew after any change of the gallery, points and embeddings are not', async () => {
  const { work, asked, state } = bench();
  await work(1, 'match');
  state.version = 2;
  await work(1, 'points');
  await work(1, 'embedding');
  expect(asked).toHaveLength(1);
  expect(answers(await work(1, 'match'))[0]?.galleryVersion).toBe(2);
  expect(answers(await work(1, 'match'))[0]?.galleryVersion).toBe(2);
  expect(asked).toHaveLength(2);
});

test('another region, and another least size, is another question', async () => {
  const { work, asked } = bench();
  await work(1);
  await work(1, 'match', { region: [0, 0, 1, 0.5] });
  await work(1, 'match', { region: [0, 0, 0.5, 1] });
  await work(1, 'match', { minFacePx: 40 });
  await work(1, 'match', { minFacePx: 40 });
  expect(asked).toHaveLength(4);
});

test('who asks while it is worked on waits for it, unless the gallery has changed since', async () => {
  const { work, asked, state, cache } = bench();
  const early = [work(1), work(1)];
  state.version = 2;
  const late = work(1);
  expect((await Promise.all(early)).map((frame) => answers(frame)[0]?.galleryVersion)).toEqual([1, 1]);
  expect(answers(await late)[0]?.galleryVersion).toBe(2);
  expect(asked).toHaveLength(2);
  expect(cache.figures).toMatchObject({ joined: 1, misses: 2 });
});

test('a failure is told to all who wait and not remembered', async () => {
  const { cache, work, asked } = bench();
  const fail = (): Promise<WorkedFaces> => Promise.reject(new Error('bad image'));
  const both = [1, 2].map(() => cache.worked(POINTS, image(1), fail));
  expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await work(1, 'points');
  expect(asked).toHaveLength(1);
});

test('after a deletion nothing is left, also of what was being worked on, and what was handed out stays whole', async () => {
  const { cache, work, asked } = bench();
  await work(1);
  const [given] = answers(await work(1));
  const inHand = work(2);
  cache.forget();
  expect(cache.figures).toMatchObject({ entries: 0, bytes: 0 });
  await inHand;
  expect(cache.figures).toMatchObject({ entries: 0, bytes: 0 });
  expect(given?.embedding).toEqual(Float32Array.of(0.6, 0.8));
  await work(1);
  await work(2);
  expect(asked).toHaveLength(4);
});

test('no more than its memory is kept: the one asked for longest ago goes first', async () => {
  const { cache, work, asked } = bench(4096);
  await work(1);
  await work(2);
  await work(1);
  await work(3);
  expect(cache.figures).toMatchObject({ entries: 2, evictions: 1 });
  expect(cache.figures.bytes).toBeLessThanOrEqual(4096);
  await work(1);
  expect(asked).toHaveLength(3);
  await work(2);
  expect(asked).toHaveLength(4);
});

test('without memory, and where somebody chooses the faces, every frame is worked on', async () => {
  const off = bench(0);
  await Promise.all([off.work(1), off.work(1)]);
  expect(off.asked).toHaveLength(2);
  expect(off.cache.isOn).toBe(false);
  const on = bench();
  // Who chooses by the pixels, as enrolment does, is never served from memory.
  for (let i = 0; i < 2; i++) await on.cache.worked(null, image(1), () => on.compute('all'));
  expect(on.asked).toHaveLength(2);
});

test('work that several wait for is given up when all of them have gone, and not before', async () => {
  const cache = new FrameCache(1 << 20);
  const signals: (AbortSignal | undefined)[] = [];
  const compute = (signal?: AbortSignal): Promise<WorkedFaces> => {
    signals.push(signal);
    return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
  };
  const [first, second] = [new AbortController(), new AbortController()];
  const asked = [first, second].map(({ signal }) => cache.worked(POINTS, image(1), compute, signal));
  first.abort(new Error('first'));
  expect(signals.map((signal) => signal?.aborted)).toEqual([false]);
  second.abort(new Error('second'));
  // Whoever asks next does not wait for what was given up.
  const next = new AbortController();
  asked.push(cache.worked(POINTS, image(1), compute, next.signal));
  expect(signals.map((signal) => signal?.aborted)).toEqual([true, false]);
  next.abort(new Error('next'));
  const reasons = await Promise.all(asked.map((frame) => frame.then(String, (error: Error) => error.message)));
  expect(reasons).toEqual(['second', 'second', 'next']);
});

test('work is not given up where somebody waits who stays', () => {
  const cache = new FrameCache(1 << 20);
  let given: AbortSignal | undefined;
  const compute = (signal?: AbortSignal): Promise<WorkedFaces> => {
    given = signal;
    return new Promise(() => undefined);
  };
  const gone = new AbortController();
  void cache.worked(POINTS, image(1), compute, gone.signal);
  void cache.worked(POINTS, image(1), compute);
  gone.abort();
  expect(given?.aborted).toBe(false);
});
