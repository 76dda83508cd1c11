// Snapshots with boxes and names: drawn once for all who ask for one frame, and no more of a camera than one at work, one waiting.
import { expect, test } from 'vitest';
import type { AnsweredPicture } from '../../pipeline/cameras/camera.js';
import type { DetectedFace } from '../../protocol/payloads.js';
import { DrawnSnapshots } from '../../server/drawn-snapshots.js';

const TIMING = { decode: 1, preprocess: 1, queue: 1, infer: 1, match: 1, total: 5 };
const FACE: DetectedFace = {
  box: [1, 1, 9, 9],
  score: 0.9,
  landmarks: [
    [3, 3],
    [6, 3],
    [5, 5],
    [3, 7],
    [6, 7],
  ],
};

function picture(seq: number, faces = 1): AnsweredPicture {
  const size = { width: 64, height: 48, gallery_version: 1 };
  const payload = {
    status: 'ok' as const,
    model: 'm',
    timing: TIMING,
    ...size,
    faces: Array.from({ length: faces }, () => FACE),
  };
  return { jpeg: Uint8Array.of(seq), seq, payload };
}

function bench() {
  const jobs: (() => Promise<void>)[] = [];
  const drawn: number[] = [];
  let fails = false;
  const snapshots = new DrawnSnapshots({
    maxPixels: 1000,
    draw: (image) => {
      drawn.push(image[0] ?? -1);
      return fails ? Promise.reject(new Error('cannot be drawn')) : Promise.resolve(Uint8Array.of(100 + (image[0] ?? 0)));
    },
    aside: (job) =>
      new Promise((resolve) => {
        jobs.push(async () => {
          const done = Promise.resolve().then(job);
          resolve(done);
          await done.catch(() => undefined);
        });
      }),
  });
  let newest = picture(1);
  return {
    drawn,
    answer: (next: AnsweredPicture) => (newest = next),
    fail: (isFailing: boolean) => (fails = isFailing),
    ask: async (stream = 'door') => (await snapshots.of(stream, () => newest))[0],
    waiting: () => jobs.length,
    /** The turn of the one that has waited longest comes. */
    turn: () => jobs.shift()?.(),
  };
}

test('a frame is drawn once for all who ask for it, also those who come later', async () => {
  const { ask, turn, waiting, drawn } = bench();
  const asked = [ask(), ask(), ask()];
  expect(waiting()).toBe(1);
  await turn();
  expect(await Promise.all(asked)).toEqual([101, 101, 101]);
  expect(await ask()).toBe(101);
  expect([drawn, waiting()]).toEqual([[1], 0]);
});

test('frames that are answered while one waits for its turn are drawn in its place', async () => {
  const { ask, turn, waiting, answer, drawn } = bench();
  const first = ask();
  answer(picture(2));
  const second = ask();
  answer(picture(3));
  expect(waiting()).toBe(1);
  await turn();
  expect([await first, await second, drawn]).toEqual([103, 103, [3]]);
});

test('each camera waits for its own', async () => {
  const { ask, turn, waiting } = bench();
  const asked = [ask('door'), ask('lobby')];
  expect(waiting()).toBe(2);
  await turn();
  await turn();
  expect(await Promise.all(asked)).toEqual([101, 101]);
});

test('a frame without faces is given as it is, and waits for nothing', async () => {
  const { ask, answer, drawn } = bench();
  answer(picture(7, 0));
  expect([await ask(), drawn]).toEqual([7, []]);
});

test('a frame that could not be drawn is tried again by who asks next', async () => {
  const { ask, turn, fail, drawn } = bench();
  fail(true);
  const first = ask();
  await turn();
  await expect(first).rejects.toThrow('cannot be drawn');
  fail(false);
  const second = ask();
  await turn();
  expect([await second, drawn]).toEqual([101, [1, 1]]);
});
