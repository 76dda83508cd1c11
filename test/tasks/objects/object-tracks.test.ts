// Objects followed from frame to frame: who is told, when, and under which track.
import { describe, expect, test } from 'vitest';
import type { FoundObject } from '../../../pipeline/tasks/objects/object-items.js';
import { ObjectTracks } from '../../../pipeline/tasks/objects/object-tracks.js';

const LABELS = ['car', 'person'];
const MODEL = 'things@1';
const object = (x: number, classIndex = 0, score = 0.8): FoundObject => ({
  x1: x,
  y1: 100,
  x2: x + 40,
  y2: 130,
  score,
  classIndex,
});

function following() {
  let ids = 0;
  const tracks = new ObjectTracks({ stream: 'yard', threshold: 0.4, newId: () => `t${++ids}` });
  let nowMs = 1000;
  return {
    see: (...objects: readonly FoundObject[]) => {
      nowMs += 100;
      const sights = tracks.see(objects, LABELS, nowMs, MODEL);
      return sights.map((sight) => (sight === null ? 'the same' : sight.track && `${sight.track} ${LABELS[sight.classIndex]}`));
    },
    wait: (ms: number) => {
      nowMs += ms;
      tracks.tick(nowMs, MODEL);
    },
    end: () => tracks.end(nowMs, MODEL),
    told: () => tracks.takeEvents().map(({ kind, track, label }) => `${kind} ${label} ${track}`),
    events: () => tracks.takeEvents(),
  };
}

test('what three frames show has come, and what is not seen for five seconds has gone, each told once', () => {
  const { see, wait, told } = following();
  expect(see(object(0))).toEqual([null]);
  see(object(5));
  expect(told()).toEqual([]);
  expect(see(object(10))).toEqual(['t1 car']);
  expect(told()).toEqual(['appear car t1']);
  see(object(15));
  wait(4900);
  expect(told()).toEqual([]);
  wait(200);
  expect(told()).toEqual(['leave car t1']);
});

test('an event says what it is, how surely, where, and since when, in the form of every other track', () => {
  const { see, events } = following();
  for (const x of [0, 5, 10]) see(object(x));
  expect(events()).toEqual([
    {
      kind: 'appear',
      stream: 'yard',
      track: 't1',
      label: 'car',
      score: 0.8,
      ts: 1300,
      first_ts: 1100,
      last_ts: 1300,
      person: null,
      similarity: null,
      box: [10, 100, 40, 30],
      frames: 3,
      model: MODEL,
      gallery_version: 0,
      threshold: 0.4,
    },
  ]);
});

test('what flickers is told of no more than what is not there', () => {
  const { see, wait, told } = following();
  for (let round = 0; round < 5; round++) {
    see(object(0));
    for (let frame = 0; frame < 4; frame++) see();
  }
  wait(10_000);
  expect(told()).toEqual([]);
});

test('a weak box continues a track, and begins none', () => {
  const { see, told } = following();
  for (let frame = 0; frame < 5; frame++) expect(see(object(0, 0, 0.2))).toEqual([null]);
  for (let frame = 0; frame < 3; frame++) see(object(0));
  expect(told()).toEqual(['appear car t1']);
  expect(see(object(2, 0, 0.2))).toEqual(['t1 car']);
});

test('a person before a car is another track, wherever both are', () => {
  const { see, told } = following();
  const person = (x: number): FoundObject => ({ x1: x, y1: 95, x2: x + 15, y2: 135, score: 0.7, classIndex: 1 });
  for (let frame = 0; frame < 3; frame++) see(object(0), person(10));
  expect(told().sort()).toEqual(['appear car t1', 'appear person t2']);
  expect(see(object(4), person(12))).toEqual(['t1 car', 't2 person']);
});

test('what is called otherwise now and then is one track, under the name that it mostly has', () => {
  const { see, told } = following();
  see(object(0));
  see(object(5, 1, 0.5));
  see(object(10));
  expect(see(object(15, 1, 0.5))).toEqual(['t1 car']);
  expect(told()).toEqual(['appear car t1']);
});

test('one thing under two names is told once', () => {
  const { see, told } = following();
  for (let frame = 0; frame < 3; frame++) see(object(0, 0, 0.8), object(1, 1, 0.5));
  expect(see(object(0, 0, 0.8), object(1, 1, 0.5))).toEqual(['t1 car', 'the same']);
  expect(told()).toEqual(['appear car t1']);
});

describe('a track', () => {
  test('goes on through frames that miss it', () => {
    const { see, told } = following();
    for (const x of [0, 5, 10, 15]) see(object(x));
    see();
    see();
    expect(see(object(30))).toEqual(['t1 car']);
    expect(told()).toEqual(['appear car t1']);
  });

  test('is not that of something far away', () => {
    const { see } = following();
    for (const x of [0, 0, 0]) see(object(x));
    expect(see(object(600))).toEqual([null]);
  });

  test('leaves when its stream ends', () => {
    const { see, end, told } = following();
    for (const x of [0, 5, 10]) see(object(x));
    told();
    end();
    expect(told()).toEqual(['leave car t1']);
  });
});
