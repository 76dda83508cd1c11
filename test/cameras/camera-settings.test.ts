import { expect, test } from 'vitest';
import { sourceSettings, streamOptions } from '../../pipeline/cameras/camera-settings.js';
import type { RegisteredStream } from '../../protocol/streams.js';

const plain: RegisteredStream = {
  id: 'door',
  url: 'rtsp://***@cam/1',
  task: 'faces',
  enabled: true,
  created_at: 1,
  updated_at: 1,
};

test('what a registered stream says of its frames reaches the pipeline, and what is for the camera does not', () => {
  const stream: RegisteredStream = {
    ...plain,
    fps: 25,
    width: 1280,
    aspect: '16:9',
    rotate: 270,
    flip: 'horizontal',
    min_face: 40,
    region: [0, 0, 0.5, 1],
    thumbnails: true,
    detect_every: 1,
    deadline_ms: 500,
    weight: 2,
  };
  expect(streamOptions(stream, null)).toEqual({
    task: 'faces',
    stream: 'door',
    thumbnails: true,
    minFacePx: 40,
    region: [0, 0, 0.5, 1],
    detectEvery: 1,
    deadlineMs: 500,
    weight: 2,
  });
  expect(sourceSettings({ stream, url: 'rtsp://me:secret@cam/1' })).toEqual({
    id: 'door',
    url: 'rtsp://me:secret@cam/1',
    fps: 25,
    widthPx: 1280,
    aspect: '16:9',
    rotate: 270,
    flip: 'horizontal',
  });
});

test('what it does not say is left to the defaults', () => {
  expect(streamOptions(plain, null)).toEqual({ task: 'faces', stream: 'door', thumbnails: false });
});

test('its events are handed on where faces are followed', () => {
  const onEvents = () => undefined;
  expect(streamOptions(plain, onEvents).tracking).toEqual({ stream: 'door', onEvents });
});
