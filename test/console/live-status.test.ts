// What the live view says of who is in view, and what it makes of results of any task.
import { beforeAll, expect, test, vi } from 'vitest';
import type { LiveFace } from '../../clients/console/live/live-face.js';
import { liveResult } from '../../clients/console/live/live-result.js';
import { sayingOf } from '../../clients/console/live/face-words.js';
import { statusOf } from '../../clients/console/live/live-status.js';
import type { Candidate } from '../../protocol/payloads.js';
import type { StreamState } from '../../protocol/streams.js';

// Not every Node that is supported has one.
beforeAll(() => void vi.stubGlobal('navigator', { languages: ['en-GB'] }));

const FRAME = {
  width: 640,
  height: 480,
  timing: { decode: 1, preprocess: 1, queue: 0, infer: 5, match: 0, total: 8 },
};
const FRANCK: Candidate = { id: 'f', name: 'Franck', similarity: 0.6 };
const AUDREY: Candidate = { id: 'a', name: 'Audrey', similarity: 0.58 };

function face(more: Partial<LiveFace> = {}, widthPx = 160): LiveFace {
  return {
    box: [240, 160, widthPx, 1.25 * widthPx],
    score: 0.99,
    landmarks: [
      [280, 230],
      [360, 230],
      [320, 270],
      [290, 310],
      [350, 310],
    ],
    quality: 0.95,
    track: 't',
    person: null,
    candidates: [],
    ...more,
  };
}
const franck = face({ person: FRANCK });
const unknown = face({ reason: 'below_threshold', candidates: [FRANCK] });
const tiny = face({ reason: 'low_quality', quality: 0.1 }, 14);

const said = (...faces: readonly LiveFace[]): string =>
  statusOf({ is: 'live' }, { ...FRAME, of: 'faces', faces, marks: [], shows: null }).text;

test('whoever is named is told, whoever else is in view and in whatever order', () => {
  expect(said(franck, unknown)).toBe('Recognised: Franck · 1 unknown');
  expect(said(unknown, franck, unknown)).toBe('Recognised: Franck · 2 unknown');
  expect(said(face({ reason: 'ambiguous', candidates: [FRANCK, AUDREY] }), franck)).toBe('Recognised: Franck · 1 unknown');
  expect(said(tiny, franck, face({ person: AUDREY }))).toBe('Recognised: Franck, Audrey');
});

test('where nobody is named, what is said is of the nearest face', () => {
  expect(said(tiny, unknown)).toBe('Nobody who is enrolled');
  expect(said(tiny)).toMatch(/too small/);
  expect(said()).toBe('No face to be seen');
});

test('faces that are but looked for have no track and no name, and are counted', () => {
  const { box, score, landmarks } = face();
  const result = liveResult({ status: 'ok', width: 640, height: 480, faces: [{ box, score, landmarks }] });
  const [found, ...others] = result?.faces ?? [];
  expect(others).toEqual([]);
  if (!found) throw new Error('no face came of it');
  expect(found).toMatchObject({ box, track: null, person: null });
  expect(sayingOf(found)).toEqual({ is: 'found' });
  expect(said(found)).toBe('1 face in view');
  expect(said(found, found)).toBe('2 faces in view');
});

test('why a camera is away is said in the words of the console, and one that came to its end was not switched off', () => {
  const away = (state: StreamState, reason: string | null) => statusOf({ is: 'away', state, reason }, undefined).text;
  expect(away('backoff', 'the connection is refused')).toBe(
    'The camera cannot be reached; it is tried again. The connection is refused.',
  );
  expect(away('disabled', 'the file has ended')).toBe('The file has ended.');
  expect(away('disabled', null)).toBe('The camera is switched off in Streams.');
});

test('results of a kind that is not known here are none of the live view, and named faces stay as they are', () => {
  expect(liveResult({ status: 'ok', poses: [] })).toBeUndefined();
  expect(liveResult({ status: 'dropped', reason: 'superseded' })).toBeUndefined();
  expect(liveResult({ status: 'ok', faces: [franck] })?.faces).toEqual([franck]);
});

test.each([
  [[{ label: 'oak', index: 0, score: 0.9 }], 'oak', 'It shows: oak'],
  [[{ label: 'oak', index: 0, score: 0.4 }], null, 'Nothing sure: oak at best (40%)'],
  [[], null, 'Nothing is known of it'],
] as const)('of a picture that is classified, %j with %s accepted is told as: %s', (classes, accepted, text) => {
  const found = liveResult({ status: 'ok', ...FRAME, model: 'trees@1', classes, accepted });
  expect(statusOf({ is: 'live' }, found).text.replace(/[\u2066-\u2069]/g, '')).toBe(text);
});

test('regions that were classified are marked where they are', () => {
  const region = { box: [0, 0, 10, 10], classes: [{ label: 'oak', index: 0, score: 0.9 }], accepted: 'oak' };
  const found = liveResult({ status: 'ok', ...FRAME, model: 'trees@1', classes: [], accepted: null, regions: [region] });
  expect(found?.marks).toEqual([{ box: [0, 0, 10, 10], label: 'oak', score: 0.9 }]);
});

test('objects are counted by their labels, and where there are none that is said', () => {
  const object = (label: string) => ({ label, index: 0, score: 0.8, box: [0, 0, 5, 5], track: null });
  const told = (...labels: string[]) =>
    statusOf({ is: 'live' }, liveResult({ status: 'ok', ...FRAME, model: 'm@1', objects: labels.map(object) })).text.replace(
      /[\u2066-\u2069]/g,
      '',
    );
  expect(told('car', 'person', 'car')).toBe('In view: 2 × car, person');
  expect(told()).toBe('No object to be seen');
});
