// Events as people think of them: what was told of one track is one visit, with its beginning and end. Pure.
import type { FaceEvent, KeptEvent, StreamEvent } from '../../../protocol/events.js';

export type TrackKept = FaceEvent & { readonly id: string };
export type StreamKept = StreamEvent & { readonly id: string };

export interface Visit {
  readonly is: 'visit';
  /** The track's id. */
  readonly key: string;
  readonly stream: string;
  /** What was told, oldest first; at least one. */
  readonly events: readonly TrackKept[];
  /** The newest of them. */
  readonly last: TrackKept;
  /** Unix ms of the first frame that shows the face. */
  readonly startMs: number;
  /** Unix ms of the last one known. */
  readonly endMs: number;
  /** Told, or known in another way: then nothing more is told of it. */
  readonly hasLeft: boolean;
  /** The service has nothing of it any more. */
  readonly isForgotten: boolean;
  readonly thumbnail: Uint8Array | undefined;
}
export interface StreamChange {
  readonly is: 'stream';
  readonly key: string;
  readonly event: StreamKept;
  readonly startMs: number;
}
export type TimelineItem = Visit | StreamChange;

export const isTrackEvent = (event: KeptEvent): event is TrackKept => 'track' in event;
const isStreamEvent = (event: KeptEvent): event is StreamKept => 'state' in event;

/**
 * Newest first, by when it began: an item stays where it is while more is told of it. A service that was killed tells the end
 * of no visit: one is over as well when its camera came or went after it, or when the service does not know the track.
 *
 * @param events oldest first
 * @param forgotten tracks that the service does not know any more
 */
export function timelineOf(events: readonly KeptEvent[], forgotten: ReadonlySet<string> = new Set()): readonly TimelineItem[] {
  const byTrack = new Map<string, TrackKept[]>();
  /** Id of the newest change of each stream. */
  const changes = new Map<string, string>();
  const items: TimelineItem[] = [];
  for (const event of events) {
    if (isTrackEvent(event)) byTrack.set(event.track, [...(byTrack.get(event.track) ?? []), event]);
    else if (isStreamEvent(event)) {
      items.push({ is: 'stream', key: event.id, event, startMs: event.ts });
      // A picture that freezes ends no visit.
      if (event.kind === 'stream_up' || event.kind === 'stream_down') changes.set(event.stream, event.id);
    }
  }
  for (const [track, told] of byTrack) {
    const visit = visitOf(track, told, changes, forgotten);
    if (visit) items.push(visit);
  }
  return items.sort((one, other) => other.startMs - one.startMs || (one.key < other.key ? 1 : -1));
}

function visitOf(
  track: string,
  events: readonly TrackKept[],
  changes: ReadonlyMap<string, string>,
  forgotten: ReadonlySet<string>,
): Visit | undefined {
  const last = events.at(-1);
  if (!last) return undefined;
  const isTold = last.kind === 'leave';
  const isCut = !isTold && (changes.get(last.stream) ?? '') > last.id;
  const isForgotten = isCut || forgotten.has(track);
  return {
    is: 'visit',
    key: track,
    stream: last.stream,
    events,
    last,
    startMs: last.first_ts,
    endMs: last.last_ts,
    hasLeft: isTold || isForgotten,
    isForgotten,
    thumbnail: events.findLast((event) => event.thumbnail !== undefined)?.thumbnail,
  };
}

export const KINDS = ['all', 'known', 'unknown', 'streams'] as const;
export type Kind = (typeof KINDS)[number];

export function isOfKind(item: TimelineItem, kind: Kind): boolean {
  if (kind === 'all') return true;
  if (item.is === 'stream') return kind === 'streams';
  return kind === (item.last.person ? 'known' : 'unknown');
}
