// How the load generator books frames, what its figures are made of, and how it looks for the most streams.
import { expect, test } from 'vitest';
import { mostThat } from '../../bench/load/find-streams.js';
import { accountsOf, latencyBySecond, lostIn } from '../../bench/load/load-figures.js';
import { compareAnswers, type Embedded } from '../../bench/load/same-answers.js';
import { LoadBook } from '../../bench/load/load-book.js';
import type { StreamReport } from '../../bench/load/load-protocol.js';
import { frameIndex } from '../../bench/material/reel.js';
import { numberedImage } from '../../bench/http/numbered-image.js';
import { markdownTable } from '../../bench/report.js';
import type { ResultMessage } from '../../protocol/messages.js';

const timing = { decode: 1, preprocess: 1, queue: 1, infer: 1, match: 1, total: 5 };
const base = { t: 'result', stream: 's', seq: 0, ts: null } as const;
const face = { box: [0, 0, 1, 1], score: 1, landmarks: [] };
const ok = {
  ...{ ...base, status: 'ok', width: 1, height: 1, timing, model: 'm', gallery_version: 0 },
  faces: [
    { ...face, person: { id: 'p', name: 'n' } },
    { ...face, person: null },
  ],
} as unknown as ResultMessage;
const dropped: ResultMessage = { ...base, status: 'dropped', reason: 'superseded' };

function bookOf(write: (book: LoadBook) => void): StreamReport {
  const book = new LoadBook();
  write(book);
  const none = { received: 0, ok: 0, dropped: 0, errors: 0 };
  return { ...book.figures, heldBack: 0, client: none, service: undefined };
}

test('a frame counts by when it was due, so one that was stuck until after the end is not left out', () => {
  const { answered, okWhileMeasured } = bookOf((book) => {
    book.note(ok, 10, 20);
    book.mark(100);
    book.note(ok, 90, 110);
    book.note(ok, 150, 180);
    book.stop(1000);
    book.note(ok, 990, 3990);
    book.note(ok, 1010, 1020);
  });
  expect(answered.latencyMs).toEqual([30, 3000]);
  expect(answered.dueMs).toEqual([50, 890]);
  // What was served in the measured time is counted by when it came.
  expect(okWhileMeasured).toBe(2);
});

test('faces and names of an answer are counted, and losses by their reason', () => {
  const report = bookOf((book) => {
    book.mark(0);
    book.note(ok, 1, 2);
    book.note(dropped, 2, 3);
    book.note(dropped, 3, 4);
    book.note({ ...base, status: 'error', code: 'BAD_IMAGE', message: '' }, 4, 5);
  });
  expect(report.answered.faces).toEqual([2]);
  expect(report.answered.named).toEqual([1]);
  expect(lostIn([report, { ...report, heldBack: 3 }])).toEqual({ superseded: 4, BAD_IMAGE: 2, 'held back': 3 });
});

test('latency over time goes by the second in which frames were due', () => {
  const report = bookOf((book) => {
    book.mark(0);
    book.note(ok, 100, 110);
    book.note(ok, 200, 230);
    book.note(ok, 2500, 2600);
  });
  expect(latencyBySecond([report]).map(({ second, median, max }) => [second, median, max])).toEqual([
    [0, 20, 30],
    [2, 100, 100],
  ]);
});

test('accounts agree only when they do so to the frame, in every stream', () => {
  const account = { received: 5, ok: 3, dropped: 1, errors: 1 };
  const other = { received: 5, ok: 2, dropped: 2, errors: 1 };
  const stream = (client: typeof account, service: typeof account | undefined): StreamReport => ({
    ...bookOf(() => undefined),
    client,
    service,
  });
  const sum = { received: 10, ok: 5, dropped: 3, errors: 2 };
  expect(accountsOf([stream(account, account), stream(other, other)], sum).agree).toBe(true);
  // The sums are equal, the streams are not.
  expect(accountsOf([stream(account, other), stream(other, account)], sum).agree).toBe(false);
  expect(accountsOf([stream(account, account), stream(other, undefined)], sum).agree).toBe(false);
  expect(accountsOf([stream(account, account), stream(other, other)], { ...sum, ok: 4 }).agree).toBe(false);
});

test.each([
  [16, 16],
  [16, 6],
  [16, 40],
  [4, 1],
  [4, 100],
])('beginning with %i the most is found to be %i', async (first, most) => {
  const tried: number[] = [];
  const holds = (count: number): Promise<boolean> => {
    tried.push(count);
    return Promise.resolve(count <= most);
  };
  expect(await mostThat(first, 100, holds)).toBe(most);
  expect(new Set(tried).size).toBe(tried.length);
  expect(tried.length).toBeLessThan(13);
});

test('when not even one holds, that is the answer', async () => {
  expect(await mostThat(8, 100, () => Promise.resolve(false))).toBe(0);
});

test('a film is shown forwards and backwards, so that there is no cut; stills begin again', () => {
  const shown = (isFilm: boolean) => Array.from({ length: 8 }, (_, count) => frameIndex(count, 4, isFilm));
  expect(shown(true)).toEqual([0, 1, 2, 3, 2, 1, 0, 1]);
  expect(shown(false)).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
});

test('a numbered JPEG has other bytes and is still a JPEG; other formats are refused', () => {
  const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);
  const numbered = numberedImage(jpeg, 7);
  expect(numbered.subarray(0, 6)).toEqual(Buffer.from([0xff, 0xd8, 0xff, 0xfe, 0, 9]));
  expect(numbered.subarray(6, 13).toString()).toBe('frame 7');
  expect(numbered.subarray(13)).toEqual(jpeg.subarray(2));
  expect(numberedImage(jpeg, 8)).not.toEqual(numbered);
  expect(() => numberedImage(Buffer.from('\x89PNG'), 1)).toThrow();
});

test('a table for the documentation is Markdown', () => {
  expect(markdownTable(['', 'a|b'], [['x', '1']])).toBe('|  | a\\|b |\n|---|---|\n| x | 1 |');
});

test('answers are the same when every face is there with the same embedding', () => {
  const answer = (...faces: number[][]): Embedded => ({
    faces: faces.map((values) => ({ dim: values.length, embedding: new Uint8Array(Float32Array.from(values).buffer) })),
  });
  const idle = [answer([0.6, 0.8], [1, 0]), answer([0, 1])];
  expect(compareAnswers(idle, idle)).toEqual({ images: 2, faces: 3, otherFaces: 0, mostDifference: 0 });
  const busy = [answer([0.6, 0.75], [1, 0]), answer()];
  const { mostDifference, ...counts } = compareAnswers(idle, busy);
  expect(counts).toEqual({ images: 2, faces: 2, otherFaces: 1 });
  expect(mostDifference).toBeCloseTo(0.05);
  expect(compareAnswers([], []).mostDifference).toBeNaN();
  // An embedding of another length is no small difference.
  expect(compareAnswers([answer([1, 0])], [answer([1])]).mostDifference).toBeNaN();
});
