import { expect, test } from 'vitest';
import type { TrackDecision } from '../../../../pipeline/tasks/faces/tracking/votes.js';
import { evidence, faceAt, looksOf, streamTracks } from './scene.js';

const START = 1_000_000;
type Tracks = ReturnType<typeof streamTracks>;

/** One frame of two faces (or those of them that have a similarity), which are embedded whenever that is asked for. */
function frame(tracks: Tracks, atMs: number, similarities: readonly (number | null)[]): TrackDecision[] {
  const shown = similarities.flatMap((similarity, index) =>
    similarity === null ? [] : [{ similarity, face: faceAt(100 + 300 * index, 100) }],
  );
  const sights = tracks.see(
    shown.map(({ face }) => face),
    START + atMs,
    1,
  );
  sights.forEach((sight, index) => {
    if (sight?.embed !== true) return;
    const similarity = shown[index]?.similarity ?? 0;
    tracks.learn(sight, evidence({ ann: similarity, bob: 0.1 }, { atMs: START + atMs, embedding: looksOf(0) }));
  });
  return sights.flatMap((sight) => (sight === null ? [] : [tracks.decision(sight)]));
}
const namesOf = (decisions: readonly TrackDecision[]) => decisions.map(({ person, reason }) => person?.id ?? reason);

test('of one person who comes twice, the more similar face is named from the first frame on, and no name changes sides', () => {
  const tracks = streamTracks({ refreshMs: 200 });
  expect(namesOf(frame(tracks, 0, [0.62, 0.7]))).toEqual(['ambiguous', 'ann']);
  for (let ms = 100; ms < 6_000; ms += 100)
    // The one on the left is more like her from now on.
    expect(namesOf(frame(tracks, ms, [0.75, 0.6]))).toEqual(['ambiguous', 'ann']);
  const told = tracks.takeEvents().filter(({ person }) => person !== null);
  expect(told).toHaveLength(1);
});

test('who was there first keeps the name when a picture of them comes into view', () => {
  const tracks = streamTracks({ refreshMs: 200 });
  for (let ms = 0; ms < 1_000; ms += 100) expect(namesOf(frame(tracks, ms, [0.6, null]))).toEqual(['ann']);
  for (let ms = 1_000; ms < 4_000; ms += 100) expect(namesOf(frame(tracks, ms, [0.6, 0.9]))).toEqual(['ann', 'ambiguous']);
});

test('who is missed for a moment has the name still, and when they have gone the other one gets it', () => {
  const tracks = streamTracks({ refreshMs: 200 });
  for (let ms = 0; ms < 2_000; ms += 100) frame(tracks, ms, [0.8, 0.7]);
  expect(namesOf(frame(tracks, 2_000, [null, 0.7]))).toEqual(['ambiguous']);
  expect(namesOf(frame(tracks, 2_100, [0.8, 0.7]))).toEqual(['ann', 'ambiguous']);
  let last: TrackDecision[] = [];
  for (let ms = 2_200; ms < 5_000; ms += 100) last = frame(tracks, ms, [null, 0.7]);
  expect(namesOf(last)).toEqual(['ann']);
});

test('people who have a twin may be two in one picture', () => {
  const tracks = streamTracks({ hasTwins: (id) => id === 'ann' });
  frame(tracks, 0, [0.8, 0.7]);
  expect(namesOf(frame(tracks, 100, [0.8, 0.7]))).toEqual(['ann', 'ann']);
});

test('the one who yields is told of as nobody, and shown so in the account', () => {
  const tracks = streamTracks();
  let decisions: TrackDecision[] = [];
  for (let ms = 0; ms < 2_000; ms += 100) decisions = frame(tracks, ms, [0.8, 0.7]);
  const events = tracks.takeEvents();
  expect(events.map(({ kind }) => kind).sort()).toEqual(['appear', 'appear', 'identify']);
  const account = tracks.account(decisions[1]?.track ?? '');
  expect(account?.decision).toMatchObject({ person: null, reason: 'ambiguous', candidates: [{ id: 'ann' }, { id: 'bob' }] });
});
