// Events as visits: one card for each track, in a place that does not change.
import { expect, test } from 'vitest';
import { isOfKind, timelineOf, type TrackKept } from '../../clients/console/events/visits.js';
import type { KeptEvent } from '../../protocol/events.js';

function told(id: string, kind: TrackKept['kind'], track: string, ts: number, more: Partial<TrackKept> = {}): TrackKept {
  const seen = { first_ts: 1_000, last_ts: ts, box: [0, 0, 1, 1] as const, frames: 5, similarity: null, person: null };
  return { id, kind, stream: 'door', track, ts, ...seen, model: 'm', gallery_version: 1, threshold: 0.4, ...more };
}
const anna = { id: 'p1', name: 'Anna' };

test('what is told of one track is one visit, from its first frame to its last', () => {
  const thumbnail = new Uint8Array([1]);
  const [visit, ...others] = timelineOf([
    told('a', 'appear', 't1', 1_200, { thumbnail }),
    told('b', 'identify', 't1', 1_500, { person: anna }),
    told('c', 'leave', 't1', 9_000, { person: anna, last_ts: 8_000 }),
  ]);
  expect(others).toEqual([]);
  expect(visit).toMatchObject({ is: 'visit', key: 't1', startMs: 1_000, endMs: 8_000, hasLeft: true, thumbnail });
});

test('a visit keeps its place while more is told of it, and the newest visit is first', () => {
  const first = told('a', 'appear', 't1', 1_200);
  const second = told('b', 'appear', 't2', 2_200, { first_ts: 2_000 });
  const keys = (events: readonly KeptEvent[]) => timelineOf(events).map(({ key }) => key);
  expect(keys([first, second])).toEqual(['t2', 't1']);
  expect(keys([first, second, told('c', 'leave', 't1', 9_000)])).toEqual(['t2', 't1']);
});

test('a visit is of the kind of what was told of it last', () => {
  const [visit] = timelineOf([told('a', 'appear', 't1', 1), told('b', 'identify', 't1', 2, { person: anna })]);
  const [camera] = timelineOf([{ id: 'c', kind: 'stream_down', stream: 'door', ts: 3, state: 'failed', reason: null }]);
  if (!visit || !camera) throw new Error('nothing came of the events');
  expect((['all', 'known', 'unknown', 'streams'] as const).filter((kind) => isOfKind(visit, kind))).toEqual(['all', 'known']);
  expect((['all', 'known', 'unknown', 'streams'] as const).filter((kind) => isOfKind(camera, kind))).toEqual(['all', 'streams']);
});

test('kinds that are not known yet are passed over', () => {
  expect(timelineOf([{ id: 'a', kind: 'weather', stream: 'door', ts: 1 } as unknown as KeptEvent])).toEqual([]);
});

test('a visit whose end nobody told is over when its camera came or went after it', () => {
  const cameraAt = (id: string, stream: string): KeptEvent => ({
    id,
    kind: 'stream_up',
    stream,
    ts: 5_000,
    state: 'live',
    reason: null,
  });
  const visit = (...events: readonly KeptEvent[]) => timelineOf(events).find(({ key }) => key === 't1');
  const seen = told('b', 'appear', 't1', 1_200);
  expect(visit(cameraAt('a', 'door'), seen)).toMatchObject({ hasLeft: false, isForgotten: false });
  expect(visit(seen, cameraAt('c', 'yard'))).toMatchObject({ hasLeft: false, isForgotten: false });
  expect(visit(seen, cameraAt('c', 'door'))).toMatchObject({ hasLeft: true, isForgotten: true, endMs: 1_200 });
  // It went on after all.
  expect(visit(seen, cameraAt('c', 'door'), told('d', 'identify', 't1', 9_000))).toMatchObject({ hasLeft: false });
  // Its faces are remembered for a while where its end was told, whatever the camera does.
  expect(visit(seen, told('c', 'leave', 't1', 2_000), cameraAt('d', 'door'))).toMatchObject({
    hasLeft: true,
    isForgotten: false,
  });
});

test('a visit that the service does not know any more is over', () => {
  const [visit] = timelineOf([told('a', 'appear', 't1', 1_200)], new Set(['t1']));
  expect(visit).toMatchObject({ hasLeft: true, isForgotten: true, endMs: 1_200 });
});
