// Events: who is in view, told once. The same shapes in a WebSocket `event`, in GET /v1/events and in the store.
// Names are in them, so they are never logged as they are.
import type { Box } from './payloads.js';

export const TRACK_EVENT_KINDS = ['appear', 'identify', 'change', 'leave'] as const;
export type TrackEventKind = (typeof TRACK_EVENT_KINDS)[number];

export interface EventPerson {
  readonly id: string;
  readonly name: string;
}

/** What was told of a track before, in the last event that was. */
export interface ToldState {
  readonly kind: TrackEventKind;
  /** Unix ms. */
  readonly ts: number;
  readonly person: EventPerson | null;
  readonly similarity: number | null;
}

/** What happened to a track, before it is kept: the store gives it its id, whoever has the pixels its thumbnail. */
export interface TrackEvent {
  readonly kind: TrackEventKind;
  readonly stream: string;
  readonly track: string;
  /** Unix ms at which it was told. */
  readonly ts: number;
  /** Unix ms of the first and of the last frame that shows the face. */
  readonly first_ts: number;
  readonly last_ts: number;
  readonly person: EventPerson | null;
  /** Cosine, -1..1, with the person, or with the most similar one where none is named; null without evidence. */
  readonly similarity: number | null;
  /** Where the face was last seen. */
  readonly box: Box;
  /** In how many frames it was seen so far. */
  readonly frames: number;
  /** Absent in the first event of a track. */
  readonly before?: ToldState;
  /** Id of the embedder. */
  readonly model: string;
  readonly gallery_version: number;
  /** Least cosine of a named person that was in force. */
  readonly threshold: number;
}

/** An event as consumers get it. */
export interface FaceEvent extends TrackEvent {
  /** Sorts by time. */
  readonly id: string;
  /** JPEG of the best face so far; base64 in JSON. */
  readonly thumbnail?: Uint8Array;
}
