import { describe, expect, test } from 'vitest';
import { evidence, faceAt, looksOf, play, random, streamTracks, type Actor } from './scene.js';

/** Somebody whom the gallery does not know. */
function stranger(index: number, x: number, y: number, more: { size?: number; score?: number; quality?: number } = {}): Actor {
  const { size = 60, score = 0.95, quality = 0.8 } = more;
  return { face: faceAt(x, y, size, score), show: () => evidence({}, { embedding: looksOf(index), quality }) };
}

/** Two people who walk towards each other; `isHidden` tells when the one behind is not found. */
function crossing(fps: number, seed: number, quality: number, isHidden: (distancePx: number) => boolean): [string[], string[]] {
  const tracks = streamTracks();
  const jitter = random(seed);
  const wander = (): number => (jitter() - 0.5) * 6;
  const seen: [string[], string[]] = [[], []];
  for (let frame = 0; frame < 4 * fps; frame++) {
    const x = 100 + (150 * frame) / fps;
    const other = 700 - (150 * frame) / fps;
    const front = stranger(0, x + wander(), 220 + wander(), { size: 66, quality });
    const behind = stranger(1, other + wander(), 190 + wander(), { size: 54, quality });
    const actors = isHidden(Math.abs(x - other)) ? [front] : [front, behind];
    play(tracks, actors, 1_000_000 + (1000 * frame) / fps).forEach((track, at) => {
      if (track !== null) seen[at as 0 | 1].push(track);
    });
  }
  return seen;
}

describe.each([5, 10, 25])('at %i frames a second', (fps) => {
  test.each([1, 2, 3, 4, 5])('two people who cross keep their tracks (seed %i)', (seed) => {
    const [front, behind] = crossing(fps, seed, 0.8, (distance) => distance < 30);
    expect([new Set(front).size, new Set(behind).size]).toEqual([1, 1]);
    expect(front[0]).not.toBe(behind[0]);
  });

  test.each([1, 2, 3])('one who is hidden behind the other for half a second comes back as who it was (seed %i)', (seed) => {
    const [front, behind] = crossing(fps, seed, 0.8, (distance) => distance < 75);
    expect([new Set(front).size, new Set(behind).size]).toEqual([1, 1]);
  });
});

test('somebody who walks behind a pillar comes out with the same track', () => {
  const tracks = streamTracks();
  const seen = new Set<string | null>();
  for (let frame = 0; frame < 60; frame++) {
    const x = 100 + frame * 8;
    const isHidden = x > 280 && x < 400;
    for (const track of play(tracks, isHidden ? [] : [stranger(0, x, 200)], 1_000_000 + frame * 40)) seen.add(track);
  }
  expect([...seen]).toEqual(['t1']);
});

test('somebody who is lost for three seconds and found elsewhere is known by the face', () => {
  const tracks = streamTracks();
  for (let frame = 0; frame < 20; frame++) play(tracks, [stranger(0, 100, 200)], 1_000_000 + frame * 100);
  expect(play(tracks, [stranger(0, 600, 300)], 1_005_000)).toEqual(['t1']);
  expect(play(tracks, [stranger(0, 600, 300), stranger(1, 100, 200)], 1_005_100)).toEqual(['t1', 't3']);
});

test('somebody else in the place of one who is lost is another track', () => {
  const tracks = streamTracks();
  for (let frame = 0; frame < 20; frame++) play(tracks, [stranger(0, 100, 200)], 1_000_000 + frame * 100);
  play(tracks, [], 1_002_000);
  const seen = [2_400, 2_500, 2_600, 2_700, 2_800, 2_900].map((ms) => play(tracks, [stranger(1, 102, 200)], 1_000_000 + ms)[0]);
  expect(seen.at(-1)).toBe('t2');
});

test('two who change places while hidden from view get their tracks back by their faces', () => {
  const tracks = streamTracks();
  for (let frame = 0; frame < 20; frame++) {
    play(tracks, [stranger(0, 200, 200), stranger(1, 300, 200)], 1_000_000 + frame * 100);
  }
  const after = [0, 1, 2, 3, 4, 5, 6, 7].map((frame) =>
    play(tracks, [stranger(1, 200, 200), stranger(0, 300, 200)], 1_003_200 + frame * 100),
  );
  expect(after.at(-1)).toEqual(['t2', 't1']);
});

test('a weak face continues a track in view, and neither begins one nor brings one back', () => {
  const tracks = streamTracks();
  expect(play(tracks, [stranger(0, 100, 100, { score: 0.4 })], 1_000_000)).toEqual([null]);
  expect(play(tracks, [stranger(0, 100, 100)], 1_000_040)).toEqual(['t1']);
  expect(play(tracks, [stranger(0, 101, 100, { score: 0.4 })], 1_000_080)).toEqual(['t1']);
  play(tracks, [], 1_000_120);
  expect(play(tracks, [stranger(0, 101, 100, { score: 0.4 })], 1_000_160)).toEqual([null]);
  expect(play(tracks, [stranger(0, 101, 100)], 1_000_200)).toEqual(['t1']);
});

test('frames that come with gaps, twice at once or out of time do not break a track', () => {
  const tracks = streamTracks();
  const times = [0, 500, 1000, 1017, 1017, 1034, 900, 1500, 2700, 2740];
  const seen = new Set(times.map((ms, at) => play(tracks, [stranger(0, 200 + 3 * at, 200)], 1_000_000 + ms)[0]));
  expect([...seen]).toEqual(['t1']);
});

test('thirty who stand side by side keep thirty tracks', () => {
  const tracks = streamTracks();
  const people = (frame: number): Actor[] =>
    Array.from({ length: 30 }, (_, index) =>
      stranger(index, 60 + (index % 10) * 120 + frame, 100 + Math.floor(index / 10) * 150),
    );
  const seen = new Set<string | null>();
  for (let frame = 0; frame < 40; frame++)
    for (const track of play(tracks, people(frame), 1_000_000 + frame * 40)) seen.add(track);
  expect(seen.size).toBe(30);
  expect(tracks.live).toBe(30);
});
