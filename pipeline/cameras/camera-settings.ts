// A registered stream in the words of its source and of the pipeline.
import type { NewEvent } from '../../protocol/events.js';
import type { RegisteredStream } from '../../protocol/streams.js';
import type { StreamOptions } from '../streams/stream-options.js';
import type { StoredStream } from '../registry/stream-registry.js';
import type { SourceSettings } from '../sources/source-settings.js';

/** @returns with the address as it is, its password too */
export function sourceSettings({ stream, url }: StoredStream): SourceSettings {
  return {
    id: stream.id,
    url,
    ...defined({
      transport: stream.transport,
      fps: stream.fps,
      loop: stream.loop,
      realtime: stream.realtime,
      widthPx: stream.width,
      aspect: stream.aspect,
      rotate: stream.rotate,
      flip: stream.flip,
      hwaccel: stream.hwaccel,
      motionGate: stream.motion_gate,
      keyFramesOnly: stream.key_frames_only,
    }),
  };
}

/** @param onEvents where its events go; null when nothing is to be followed */
export function streamOptions(
  { id, task, thumbnails = false, ...fields }: RegisteredStream,
  onEvents: ((events: readonly NewEvent[]) => void) | null,
): StreamOptions {
  const { model, region, min_face: minFacePx, detect_every: detectEvery, deadline_ms: deadlineMs, weight } = fields;
  const { top_n: topN, threshold, labels, attributes, regions: shares } = fields;
  const regions = shares?.map(([left, top, width, height]) => ({ left, top, width, height, isShare: true }));
  return {
    task,
    stream: id,
    thumbnails,
    ...defined({ model, region, minFacePx, topN, threshold, labels, attributes, regions, detectEvery, deadlineMs, weight }),
    ...(onEvents === null ? {} : { tracking: { stream: id, onEvents } }),
  };
}

/** Without the fields that are undefined. */
export function defined<T extends object>(fields: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
