// Events: who is in view, told once, and which cameras are up. The same shapes in a WebSocket `event`, in GET /v1/events
// and in the store. Names are in them, so they are never logged as they are.
import { z } from 'zod';
import type { Box, FaceAttributes } from './payloads.js';
import type { StreamChangeCounts, StreamState } from './streams.js';

/** `since` of `subscribe` and of GET /v1/events: any id that was ever told, or any text where ids would sort after it. */
export const sinceSchema = z.string().regex(/^[0-9a-hjkmnp-tv-z]{1,64}$/, 'must be the id of an event');

export const TRACK_EVENT_KINDS = ['appear', 'identify', 'change', 'leave'] as const;
export type TrackEventKind = (typeof TRACK_EVENT_KINDS)[number];
export type StreamEventKind = 'stream_up' | 'stream_down' | 'stream_frozen' | 'stream_moving' | 'stream_flapping';

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
  /** Least cosine of a named person that was in force; of an object the least score that begins a track. */
  readonly threshold: number;
  /** What its best face so far is taken for beside who it is; where that was asked for and is known. */
  readonly attributes?: FaceAttributes;
  /** What it is, of an object (task `objects`): `person` and `similarity` are null then, and `gallery_version` is 0. */
  readonly label?: string;
  /** How surely an object is that, 0..1. */
  readonly score?: number;
}

/** A track's event with the pixels that go with it, where they are wanted. */
export interface FaceEvent extends TrackEvent {
  /** JPEG of the best face so far; base64 in JSON. */
  readonly thumbnail?: Uint8Array;
}

/**
 * A registered stream began to give frames or stopped giving them, or its picture froze or moves again: told when that changes,
 * not at every attempt, and one by one only as long as it does not happen all the time (`stream_flapping`).
 */
export interface StreamEvent {
  readonly kind: StreamEventKind;
  readonly stream: string;
  /** Unix ms. */
  readonly ts: number;
  /** The state that it came into. */
  readonly state: StreamState;
  /** One line for people, without addresses; null where the state says it all. */
  readonly reason: string | null;
  /** What happened since the last event without being told; only of `stream_flapping` and of the event that ends it. */
  readonly changes?: StreamChangeCounts;
}

/** What a stream shows is another class than before, by most of its last frames. */
export interface ClassEvent {
  readonly kind: 'class';
  readonly stream: string;
  /** Unix ms of the frame that settled it. */
  readonly ts: number;
  /** Null where no class is sure enough any more. */
  readonly label: string | null;
  /** Of that frame, 0..1; null where there is none. */
  readonly score: number | null;
  /** What was told before; null where it was nothing. */
  readonly previous: string | null;
  /** Id of the classifier. */
  readonly model: string;
}

/** What is told, before it is kept: the log gives it its id. Further kinds join this union. */
export type NewEvent = FaceEvent | StreamEvent | ClassEvent;
/** An event as consumers get it. */
export type KeptEvent = NewEvent & {
  /** Sorts by time. */
  readonly id: string;
};
