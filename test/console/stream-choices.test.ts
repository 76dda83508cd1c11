// Which streams the events can be narrowed to.
import { expect, test } from 'vitest';
import { keepSeen, seenStreams, streamChoices } from '../../clients/console/events/stream-choices.js';

test('cameras come by name, each once, and those of browsers in a group of their own', () => {
  const seen = ['browser-0b0f12345678', 'yard', 'door', 'browser-not-one'];
  expect(streamChoices(['door', 'entrance'], seen, [''])).toEqual({
    cameras: ['browser-not-one', 'door', 'entrance', 'yard'],
    browsers: ['browser-0b0f12345678'],
  });
});

test('what was seen once stays to be chosen', () => {
  keepSeen(['door', 'yard']);
  keepSeen(['door']);
  expect([...seenStreams.value]).toEqual(['door', 'yard']);
});
