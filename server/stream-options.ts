// The fields of `open` in the pipeline's words; those of a registered stream are in pipeline/cameras/camera-settings.ts.
import type { EventLog } from '../pipeline/events/event-log.js';
import type { StreamOptions } from '../pipeline/streams/stream-options.js';
import type { OpenFields } from '../protocol/messages.js';
import { recogniseOptions } from './recognise-options.js';

/** @param events where the events of its tracks go; null when faces are not to be followed */
export function streamOptions(fields: OpenFields, events: EventLog | null): StreamOptions {
  const { thumbnails, detect_every: detectEvery, deadline_ms: deadlineMs, weight } = fields;
  const options: StreamOptions = {
    ...recogniseOptions(fields),
    stream: fields.stream,
    thumbnails,
    ...(detectEvery === undefined ? {} : { detectEvery }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(weight === undefined ? {} : { weight }),
  };
  return events === null ? options : { ...options, tracking: { stream: fields.stream, onEvents: (told) => events.offer(told) } };
}
