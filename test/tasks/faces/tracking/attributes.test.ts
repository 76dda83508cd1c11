// What a track is taken for beside who it is: asked of few of its faces, and gone with the person.
import { expect, test } from 'vitest';
import type { FaceEvent } from '../../../../protocol/events.js';
import { PicturedEvents } from '../../../../pipeline/tasks/faces/pictured-events.js';
import type { FoundFace } from '../../../../pipeline/tasks/faces/face-items.js';
import type { StreamTracks } from '../../../../pipeline/tasks/faces/tracking/stream-tracks.js';
import { evidence, faceAt, looksOf, streamTracks } from './scene.js';

const START = 1_000_000;

/** A frame with one face, embedded at once where that is asked for. @returns whether more was asked of it, and what is told */
function frame(tracks: StreamTracks, atMs: number, face: FoundFace, quality: number, age: number) {
  const [sight] = tracks.see([face], START + atMs, 1);
  if (!sight) throw new Error('no track');
  const before = tracks.decision(sight).attributes;
  if (sight.embed) {
    const seen = evidence({ ann: 0.75, bob: 0.1 }, { embedding: looksOf(0), quality, atMs: START + atMs });
    tracks.learn(sight, { ...seen, ...(sight.describe && { attributes: { age } }) });
  }
  return { asked: sight.describe, before, after: tracks.decision(sight).attributes };
}

test('it is asked of the first face, and told from then on', () => {
  const tracks = streamTracks({ wantsAttributes: true });
  expect(frame(tracks, 0, faceAt(200, 200), 0.8, 30)).toEqual({ asked: true, before: null, after: { age: 30 } });
  for (let ms = 200; ms < 4_000; ms += 200)
    expect(frame(tracks, ms, faceAt(200, 200), 0.8, 99)).toEqual({ asked: false, before: { age: 30 }, after: { age: 30 } });
});

test('it is asked again of clearly better faces, three at most, and the best one counts', () => {
  const tracks = streamTracks({ wantsAttributes: true });
  const told = Array.from({ length: 60 }, (_, index) =>
    frame(tracks, index * 120, faceAt(400, 400, 24 * 1.03 ** index), 0.31 + index * 0.001, index),
  );
  expect(told.filter(({ asked }) => asked)).toHaveLength(3);
  expect(told.at(-1)?.after).toEqual({ age: told.map(({ asked }) => asked).lastIndexOf(true) });
});

test('nothing is asked, and nothing told, where nobody wants it', () => {
  const { asked, after } = frame(streamTracks(), 0, faceAt(200, 200), 0.8, 30);
  expect([asked, after]).toEqual([false, undefined]);
});

test('events and accounts tell it; of somebody who was deleted nobody does', () => {
  const tracks = streamTracks({ wantsAttributes: true });
  for (let ms = 0; ms < 2_000; ms += 200) frame(tracks, ms, faceAt(200, 200), 0.8, 30);
  const events = tracks.takeEvents();
  expect(events.map(({ kind, attributes }) => [kind, attributes])).toEqual([
    ['appear', { age: 30 }],
    ['identify', { age: 30 }],
  ]);
  const track = events[0]?.track ?? '';
  expect(tracks.account(track)?.decision.attributes).toEqual({ age: 30 });
  tracks.forgetPeople(() => false);
  expect(tracks.account(track)?.decision.attributes).toBeNull();
  tracks.end(START + 3_000);
  expect(tracks.takeEvents().map((event) => [event.kind, 'attributes' in event])).toEqual([['leave', false]]);
});

test('a soft first face does not decide: it is asked again when its face is embedded next', () => {
  const tracks = streamTracks({ wantsAttributes: true });
  const told = Array.from({ length: 60 }, (_, index) =>
    frame(tracks, index * 200, faceAt(200, 200, 120), index === 0 ? 0.35 : 0.85, index),
  );
  const asked = told.flatMap(({ asked: isAsked }, index) => (isAsked ? [index] : []));
  expect(asked).toHaveLength(2);
  expect(told.at(-1)?.after).toEqual({ age: asked[1] });
});

test('a face too poor to count is not asked at all', () => {
  const tracks = streamTracks({ wantsAttributes: true });
  expect(frame(tracks, 0, faceAt(200, 200, 10), 0.1, 30)).toEqual({ asked: false, before: null, after: null });
});

test('while an answer is awaited nothing more is asked, and what will not come is asked again', () => {
  const tracks = streamTracks({ wantsAttributes: true });
  const see = (ms: number) => tracks.see([faceAt(200, 200, 120)], START + ms, 1)[0];
  const [first, second] = [see(0), see(150)];
  expect([first?.describe, second?.embed, second?.describe]).toEqual([true, true, false]);
  if (first) tracks.abandon(first);
  const third = see(300);
  expect([third?.embed, third?.describe]).toEqual([true, true]);
});

test('somebody who comes back keeps what they were taken for, and a stranger in their place has nothing of it', () => {
  const tracks = streamTracks({ wantsAttributes: true });
  for (let ms = 0; ms < 1_000; ms += 200) frame(tracks, ms, faceAt(200, 200, 120), 0.8, 30);
  // Lost, and found again elsewhere: a newcomer that turns out to be the same.
  for (let ms = 1_000; ms < 3_000; ms += 200) tracks.see([], START + ms, 1);
  const [back] = tracks.see([faceAt(900, 700, 120)], START + 3_000, 1);
  if (!back) throw new Error('no track');
  const seen = evidence({ ann: 0.75, bob: 0.1 }, { embedding: looksOf(0), quality: 0.6, atMs: START + 3_000 });
  tracks.learn(back, { ...seen, attributes: { age: 50 } });
  expect(tracks.decision(back)).toMatchObject({ track: 't1', attributes: { age: 30 } });
});

test('an event that waits for its picture tells nothing of somebody who is deleted meanwhile', async () => {
  const tracks = streamTracks({ wantsAttributes: true });
  for (let ms = 0; ms < 2_000; ms += 200) frame(tracks, ms, faceAt(200, 200), 0.8, 30);
  const told: FaceEvent[] = [];
  const waiting = new PicturedEvents((events) => told.push(...events));
  const [encoded, isEncoded] = [new Promise<void>((resolve) => setImmediate(resolve)), { jpeg: null, isSettled: false }];
  const thumbnail = { ...isEncoded, settled: encoded.then(() => void (thumbnail.isSettled = true)) };
  waiting.add(tracks.takeEvents().map((event) => ({ ...event, thumbnail })));
  waiting.forgetPeople(() => false);
  await waiting.settled();
  expect(told.map((event) => [event.kind, 'attributes' in event])).toEqual([
    ['appear', false],
    ['identify', false],
  ]);
});
