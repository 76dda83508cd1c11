import { expect, test } from 'vitest';
import {
  regionAfterKey,
  regionBetween,
  regionTurned,
  type Orientation,
  type Region,
} from '../../clients/console/streams/region.js';
import {
  errorsOf,
  fieldsOf,
  NEW_STREAM,
  newStreamOf,
  patchOf,
  shapeOf,
  suggestedName,
  turned,
} from '../../clients/console/streams/stream-form.js';
import { newStreamSchema, streamPatchSchema, type StreamAnswer } from '../../protocol/streams.js';

test('a region is drawn from any corner to any other, stays in the picture, and a slip of the hand is none', () => {
  expect(regionBetween([0.8, 0.9], [0.2, 0.1])).toEqual([0.2, 0.1, 0.6, 0.8]);
  expect(regionBetween([-3, 0.5], [0.5, 7])).toEqual([0, 0.5, 0.5, 0.5]);
  expect(regionBetween([0.5, 0.5], [0.51, 0.9])).toBeNull();
});

test('arrow keys begin, move and size a region, never out of the picture', () => {
  expect(regionAfterKey(null, 'ArrowLeft', false)).toEqual([0.25, 0.25, 0.5, 0.5]);
  let region: Region | null | undefined = [0.25, 0.25, 0.5, 0.5];
  for (let step = 0; step < 40; step++) region = regionAfterKey(region ?? null, 'ArrowRight', false);
  expect(region).toEqual([0.5, 0.25, 0.5, 0.5]);
  for (let step = 0; step < 40; step++) region = regionAfterKey(region ?? null, 'ArrowDown', true);
  expect(region).toEqual([0.5, 0.25, 0.5, 0.75]);
  for (let step = 0; step < 60; step++) region = regionAfterKey(region ?? null, 'ArrowLeft', true);
  expect(region?.[2]).toBeGreaterThan(0);
  expect(regionAfterKey(region ?? null, 'Delete', false)).toBeNull();
  expect(regionAfterKey(region ?? null, 'Enter', false)).toBeUndefined();
});

test('what is typed becomes what the service takes, with pictures kept unless that is switched off', () => {
  const fields = {
    ...NEW_STREAM,
    id: 'door',
    url: ' rtsp://camera/1 ',
    fps: '2.5',
    minFace: '40',
    region: [0, 0, 0.5, 1] as Region,
  };
  expect(newStreamSchema.parse(newStreamOf(fields))).toMatchObject({
    id: 'door',
    url: 'rtsp://camera/1',
    task: 'faces',
    fps: 2.5,
    min_face: 40,
    region: [0, 0, 0.5, 1],
    thumbnails: true,
  });
  expect(newStreamOf(NEW_STREAM)).not.toHaveProperty('transport');
  expect(streamPatchSchema.parse(patchOf({ ...fields, region: null, thumbnails: false }))).toMatchObject({
    region: null,
    thumbnails: false,
    transport: null,
  });
});

test('a stream that is edited comes into the form and out of it as it was', () => {
  const stream = { id: 'door', url: 'rtsp://u:***@camera/1', task: 'detect', fps: 3, transport: 'udp', region: [0.1, 0, 0.5, 1] };
  const fields = fieldsOf(stream as unknown as StreamAnswer);
  expect(patchOf(fields)).toMatchObject({ url: stream.url, task: 'detect', fps: 3, transport: 'udp', region: [0.1, 0, 0.5, 1] });
});

test('what is wrong is told field by field', () => {
  expect(errorsOf({ ...NEW_STREAM, id: 'front door', fps: '0', minFace: '-1' }, [])).toEqual({
    id: 'name',
    url: 'address',
    fps: 'fps',
    minFace: 'min_face',
  });
  expect(errorsOf({ ...NEW_STREAM, id: 'door', url: 'x' }, ['door'])).toEqual({ id: 'taken' });
});

test('the shape of the picture comes into the form and out of it as it was, and what is not wanted is the default again', () => {
  const stream = { id: 'yard', url: 'media:x.mp4', aspect: '16:9', rotate: 270, flip: 'vertical' } as unknown as StreamAnswer;
  const fields = fieldsOf(stream);
  expect(streamPatchSchema.parse(patchOf(fields))).toMatchObject({ aspect: '16:9', rotate: 270, flip: 'vertical' });
  const plain = patchOf({ ...fields, aspect: ' ', rotate: 0, flip: 'none' });
  expect(streamPatchSchema.parse(plain)).toMatchObject({ aspect: null, rotate: null, flip: null });
  expect(Object.keys(newStreamOf(NEW_STREAM))).not.toEqual(expect.arrayContaining(['rotate']));
  expect(shapeOf(NEW_STREAM)).toEqual({});
});

test.each([
  ['16:9', '16:9'],
  [' 16 : 9 ', '16:9'],
  ['16/9', '16:9'],
  ['16 x 9', '16:9'],
  ['16×9', '16:9'],
  ['2,35:1', '2.35:1'],
])('the shape %j is taken as %j', (aspect, sent) => {
  const fields = { ...NEW_STREAM, id: 'door', url: 'x', aspect };
  expect(errorsOf(fields, [])).toEqual({});
  expect(newStreamSchema.parse(newStreamOf(fields)).aspect).toBe(sent);
});

test.each(['16', '16:', ':9', '0:9', '9:1', '1:9', '16:9:4', 'wide', '-16:9', '16:9,drawtext', '1e1:9'])(
  'the shape %j is wrong',
  (aspect) => {
    expect(errorsOf({ ...NEW_STREAM, id: 'door', url: 'x', aspect }, [])).toEqual({ aspect: 'aspect' });
  },
);

const ORIENTATIONS = ([0, 90, 180, 270] as const).flatMap((rotate) =>
  (['none', 'horizontal', 'vertical'] as const).map((flip): Orientation => ({ rotate, flip })),
);

test('a region stays on what it was drawn on when the picture is turned or mirrored, and comes back with it', () => {
  const region: Region = [0.1, 0.2, 0.3, 0.4];
  const plain = { rotate: 0, flip: 'none' } as const;
  expect(regionTurned(region, plain, { rotate: 90, flip: 'none' })).toEqual([0.4, 0.1, 0.4, 0.3]);
  expect(regionTurned(region, plain, { rotate: 180, flip: 'none' })).toEqual([0.6, 0.4, 0.3, 0.4]);
  expect(regionTurned(region, plain, { rotate: 0, flip: 'horizontal' })).toEqual([0.6, 0.2, 0.3, 0.4]);
  // First turned, then mirrored.
  expect(regionTurned(region, plain, { rotate: 90, flip: 'vertical' })).toEqual([0.4, 0.6, 0.4, 0.3]);
  for (const from of ORIENTATIONS) {
    for (const to of ORIENTATIONS) expect(regionTurned(regionTurned(region, from, to), to, from)).toEqual(region);
  }
  const fields = turned({ ...NEW_STREAM, region }, { rotate: 90 });
  expect(fields).toEqual({ rotate: 90, flip: 'none', region: [0.4, 0.1, 0.4, 0.3] });
});

test('a name is suggested by the address, without its password', () => {
  expect(suggestedName('rtsp://admin:pass@192.168.1.20:554/stream1')).toBe('camera-192.168.1.20');
  expect(suggestedName('media:films/front door.mp4')).toBe('front-door');
  expect(suggestedName('rtsp')).toBe('');
});
