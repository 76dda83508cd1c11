import { describe, expect, test } from 'vitest';
import type { FacePicture } from '../../../../pipeline/tasks/faces/face-pictures.js';
import type { Evidence } from '../../../../pipeline/tasks/faces/tracking/votes.js';
import { evidence, faceAt, looksOf, play, streamTracks, type Actor } from './scene.js';

const START = 1_000_000;
type Tracks = ReturnType<typeof streamTracks>;

const ann = (more: Partial<Evidence> = {}): Evidence => evidence({ ann: 0.75, bob: 0.1 }, { embedding: looksOf(0), ...more });
const bob = (more: Partial<Evidence> = {}): Evidence => evidence({ bob: 0.75, ann: 0.1 }, { embedding: looksOf(1), ...more });
const stranger = (more: Partial<Evidence> = {}): Evidence =>
  evidence({ ann: 0.1, bob: 0.05 }, { embedding: looksOf(2), ...more });

/** One that is encoded. */
const picture = (byte: number): FacePicture => ({ jpeg: Uint8Array.of(byte), isSettled: true, settled: Promise.resolve() });

const at = (x: number, show: () => Evidence): Actor => ({ face: faceAt(x, 200), show });
/** Somebody in view from one time to another, at 5 frames a second, walking. */
function walk(tracks: Tracks, show: () => Evidence, fromMs: number, toMs: number): void {
  for (let ms = fromMs; ms <= toMs; ms += 200) play(tracks, [at(200 + (ms - fromMs) / 20, show)], START + ms);
}
const kindsOf = (tracks: Tracks): string[] => tracks.takeEvents().map(({ kind, person }) => `${kind} ${person?.id ?? '-'}`);

describe('events', () => {
  test('of one person who crosses the picture are one appear, one identify and one leave', () => {
    const tracks = streamTracks();
    walk(tracks, ann, 0, 4_000);
    for (let ms = 5_000; ms < 12_000; ms += 1_000) tracks.tick(START + ms, 1);
    const events = tracks.takeEvents();
    expect(events.map(({ kind }) => kind)).toEqual(['appear', 'identify', 'leave']);
    const [appear, identify, leave] = events;
    expect(appear).toMatchObject({
      stream: 'door',
      track: 't1',
      person: null,
      first_ts: START,
      model: 'embedder',
      threshold: 0.4,
    });
    expect(identify).toMatchObject({
      person: { id: 'ann', name: 'ANN' },
      similarity: 0.75,
      before: { kind: 'appear', person: null },
    });
    expect((identify?.ts ?? 0) - START).toBeLessThanOrEqual(500);
    expect(leave).toMatchObject({ person: { id: 'ann' }, frames: 21, last_ts: START + 4_000, before: { kind: 'identify' } });
    expect(tracks.live).toBe(0);
  });

  test('never name a stranger, who appears and leaves', () => {
    const tracks = streamTracks();
    walk(tracks, stranger, 0, 10_000);
    tracks.end(START + 11_000);
    expect(kindsOf(tracks)).toEqual(['appear -', 'leave -']);
  });

  test('are not told of what flickers up in a frame or two', () => {
    const tracks = streamTracks();
    play(tracks, [at(200, stranger)], START);
    play(tracks, [at(200, stranger)], START + 40);
    for (let ms = 80; ms < 8_000; ms += 40) play(tracks, [], START + ms);
    expect(kindsOf(tracks)).toEqual([]);
  });

  test('tell a change once when the decision turns out wrong', () => {
    const tracks = streamTracks({ refreshMs: 400 });
    // Two people who look alike: it is one track all the time.
    walk(tracks, () => ann(), 0, 1_000);
    walk(tracks, () => bob({ embedding: looksOf(0, 0.6) }), 1_200, 6_000);
    expect(kindsOf(tracks)).toEqual(['appear -', 'identify ann', 'change bob']);
  });

  test('tell that a name is withdrawn', () => {
    const tracks = streamTracks({ refreshMs: 400 });
    walk(tracks, ann, 0, 1_000);
    walk(tracks, () => stranger({ embedding: looksOf(0, 0.6) }), 1_200, 4_000);
    expect(kindsOf(tracks)).toEqual(['appear -', 'identify ann', 'change -']);
  });

  test('of somebody who is back within the time of repeats are not told again, unless the visit lasts', () => {
    const tracks = streamTracks();
    walk(tracks, ann, 0, 2_000);
    walk(tracks, ann, 15_000, 18_000);
    tracks.tick(START + 30_000, 1);
    expect(kindsOf(tracks)).toEqual(['appear -', 'identify ann', 'leave ann']);
    walk(tracks, ann, 40_000, 80_000);
    expect(kindsOf(tracks)).toEqual(['appear -', 'identify ann']);
  });

  test('of somebody else, or of the same person long after, are told', () => {
    const tracks = streamTracks();
    walk(tracks, ann, 0, 2_000);
    walk(tracks, bob, 10_000, 12_000);
    walk(tracks, ann, 60_000, 62_000);
    tracks.end(START + 63_000);
    expect(kindsOf(tracks).filter((kind) => kind.startsWith('identify'))).toEqual([
      'identify ann',
      'identify bob',
      'identify ann',
    ]);
  });

  test('carry the picture of the best face so far', () => {
    const tracks = streamTracks();
    let better = 0.5;
    const face = (): Evidence => {
      const quality = (better += 0.01);
      return ann({ quality, thumbnail: picture(Math.round(quality * 100)) });
    };
    walk(tracks, face, 0, 3_000);
    tracks.end(START + 4_000);
    const [, identify, leave] = tracks.takeEvents();
    expect(identify?.thumbnail?.jpeg?.[0]).toBeGreaterThan(50);
    expect(leave?.thumbnail?.jpeg?.[0]).toBe(Math.round(better * 100));
  });
});

describe('what is learnt', () => {
  test('counts when it comes late and out of order, and is given up when it does not come', () => {
    const tracks = streamTracks();
    const sights = [0, 200, 400].map((ms) => tracks.see([faceAt(200, 200)], START + ms, 1)[0]);
    expect(sights.map((sight) => sight?.embed)).toEqual([true, true, true]);
    const [first, second, third] = sights;
    if (!first || !second || !third) throw new Error('there is a sight of every frame');
    expect(tracks.decision(third)).toMatchObject({ track: 't1', person: null, reason: 'too_few_frames', quality: 0 });
    const clear = { ann: 0.55, bob: 0.1 };
    tracks.learn(third, evidence(clear, { atMs: START + 400 }));
    tracks.abandon(second);
    tracks.learn(first, evidence(clear, { atMs: START }));
    expect(tracks.decision(first)).toMatchObject({ track: 't1', person: { id: 'ann' }, quality: 0.8 });
  });

  test('names nobody while what was just seen is not like the track', () => {
    const tracks = streamTracks({ refreshMs: 200 });
    walk(tracks, ann, 0, 1_000);
    const [sight] = tracks.see([faceAt(250, 200)], START + 1_200, 1);
    if (!sight) throw new Error('the face is of the track');
    expect(tracks.decision(sight).person?.id).toBe('ann');
    tracks.learn(sight, bob({ atMs: START + 1_200 }));
    expect(tracks.decision(sight)).toMatchObject({ person: null, reason: 'ambiguous' });
  });

  test('tells whether a face is among the best so far, so that a picture of it may be shown', () => {
    const tracks = streamTracks();
    const [sight] = tracks.see([faceAt(200, 200)], START, 1);
    if (!sight) throw new Error('a good face begins a track');
    expect(tracks.isWorthPicture(sight, 0.1)).toBe(true);
    // Five views of somebody, no two of them alike.
    for (let view = 0; view < 5; view++) {
      const embedding = new Float32Array(8);
      embedding[0] = Math.SQRT1_2;
      embedding[view + 1] = Math.SQRT1_2;
      tracks.learn(sight, ann({ atMs: START, quality: 0.7 + view / 100, embedding, thumbnail: picture(view) }));
    }
    expect([tracks.isWorthPicture(sight, 0.7), tracks.isWorthPicture(sight, 0.71)]).toEqual([false, true]);
    expect(tracks.bestOf('t1')?.map(({ thumbnail }) => thumbnail?.jpeg?.[0])).toEqual([4, 3, 2, 1, 0]);
  });

  test('is kept for enrolment, the best first, for five minutes after the track has ended', () => {
    const tracks = streamTracks();
    let turn = 0;
    walk(tracks, () => stranger({ embedding: looksOf(2, (turn = (turn + 0.5) % 1)), quality: 0.5 + turn / 2 }), 0, 3_000);
    const best = tracks.bestOf('t1') ?? [];
    expect(best.map(({ quality }) => quality)).toEqual([...best.map(({ quality }) => quality)].sort((a, b) => b - a));
    expect(best.length).toBeGreaterThan(0);
    tracks.tick(START + 20_000, 1);
    expect(tracks.bestOf('t1')).toEqual(best);
    tracks.tick(START + 321_000, 1);
    expect(tracks.bestOf('t1')).toBeUndefined();
    expect(tracks.bestOf('t99')).toBeUndefined();
  });
});

test('somebody who is deleted is named nowhere any more', () => {
  const tracks = streamTracks();
  walk(tracks, () => ann({ thumbnail: picture(1) }), 0, 2_000);
  tracks.takeEvents();
  tracks.forgetPeople((id) => id !== 'ann');
  const [sight] = tracks.see([faceAt(300, 200)], START + 2_200, 2);
  if (!sight) throw new Error('the face is of the track');
  expect(JSON.stringify(tracks.decision(sight))).not.toContain('ann');
  expect(JSON.stringify(tracks.bestOf('t1'))).not.toContain('ann');
  tracks.end(START + 3_000);
  const events = tracks.takeEvents();
  expect(events.map(({ kind }) => kind)).toEqual(['leave']);
  expect(JSON.stringify(events)).not.toMatch(/ann|ANN|thumbnail/);
});
