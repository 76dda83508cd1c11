// The WebSocket messages, both ways. Client messages are zod schemas because they come from outside;
// server messages are types alone. Where the wire contract is silent, docs/protocol.md says what was chosen.
import { z } from 'zod';
import type { ErrorCode } from './errors.js';
import { sinceSchema, type KeptEvent } from './events.js';
import { TASKS, type CloseReason, type FrameOutcome, type StreamStats, type Task } from './payloads.js';

export const PROTOCOL_VERSION = 1;
export const SUBPROTOCOL_MSGPACK = 'onlooker.v1.msgpack';
export const SUBPROTOCOL_JSON = 'onlooker.v1.json';
export const SUBPROTOCOLS = [SUBPROTOCOL_MSGPACK, SUBPROTOCOL_JSON] as const;
export type Subprotocol = (typeof SUBPROTOCOLS)[number];

export const MAX_FRAME_BYTES_DEFAULT = 5 * 1024 * 1024;

export const streamIdSchema = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -');

const unit = z.number().min(0).max(1);
/** `[x, y, w, h]` in 0..1 of the frame, with an area, inside the frame. */
export const regionSchema = z
  .tuple([unit, unit, unit, unit])
  .refine(([x, y, w, h]) => w > 0 && h > 0 && x + w <= 1 + 1e-9 && y + h <= 1 + 1e-9, 'must lie in 0..1 and have an area');

/** Parts of one frame that are classified side by side. */
export const regionsSchema = z.array(regionSchema).min(1).max(64);

export const SEND_CHOICES = ['frames', 'events', 'both'] as const;
/** Results, events, or both of them. */
export type SendChoice = (typeof SEND_CHOICES)[number];

/** When, and how thoroughly, frames of a stream are looked at; of `open` and of registered streams. */
export const schedulingSchemas = {
  /** With faces followed: at least every so many frames is searched for faces; 1 searches every frame. */
  detect_every: z.int().min(1).max(10),
  /** A frame that cannot be answered within this time is answered `dropped`/`deadline`. */
  deadline_ms: z.number().min(50).max(600_000),
  /** Turns beside a stream of weight 1 where there are not enough for all. */
  weight: z.number().min(0.1).max(100),
};

/** The fields of `open` but for `t`, shared with the query shortcuts of the address. */
export const openFieldsSchema = z.object({
  stream: streamIdSchema,
  task: z.enum(TASKS).default('faces'),
  model: z.string().min(1).max(128).optional(),
  send: z.enum(SEND_CHOICES).default('both'),
  region: regionSchema.optional(),
  min_face: z.number().min(0).max(100_000).optional(),
  thumbnails: z.boolean().default(false),
  /** Whether faces are followed from frame to frame; only with task `faces`. */
  tracking: z.boolean().default(true),
  ...z.object(schedulingSchemas).partial().shape,
  top_n: z.int().min(1).max(1000).optional(),
  regions: regionsSchema.optional(),
  threshold: unit.optional(),
});
export type OpenFields = z.infer<typeof openFieldsSchema>;

export const openSchema = openFieldsSchema.extend({ t: z.literal('open') });
/** `image` is checked apart: bytes on msgpack, base64 text on JSON. */
export const frameSchema = z.object({
  t: z.literal('frame'),
  stream: streamIdSchema,
  seq: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  ts: z.number().optional(),
});
export const closeSchema = z.object({ t: z.literal('close'), stream: streamIdSchema });

const followedSchema = z
  .array(z.union([z.literal('*'), streamIdSchema]))
  .min(1)
  .max(1000);
export const subscribeSchema = z.object({
  t: z.literal('subscribe'),
  streams: followedSchema,
  since: sinceSchema.optional(),
  send: z.enum(SEND_CHOICES).default('both'),
});
export const unsubscribeSchema = z.object({ t: z.literal('unsubscribe'), streams: followedSchema });

export interface ServerLimits {
  readonly max_frame_bytes: number;
  readonly max_pixels: number;
  readonly max_streams: number;
}
export interface ModelSummary {
  readonly id: string;
  readonly task: string;
  readonly version: string;
  readonly provider: string;
}

export interface HelloMessage {
  readonly t: 'hello';
  readonly v: typeof PROTOCOL_VERSION;
  readonly session: string;
  readonly server: string;
  readonly limits: ServerLimits;
  readonly tasks: readonly Task[];
  readonly models: readonly ModelSummary[];
}
export interface OpenedMessage {
  readonly t: 'opened';
  readonly stream: string;
  readonly task: Task;
  readonly model: string;
  /** How many frames of this stream the client may have unanswered. */
  readonly credits: number;
}
export type ResultMessage = {
  readonly t: 'result';
  readonly stream: string;
  readonly seq: number;
  readonly ts: number | null;
} & FrameOutcome;
export interface SubscribedMessage {
  readonly t: 'subscribed';
  readonly streams: readonly string[];
  /** Id of the event after which those that it tells come: to ask from, should the connection break before the first. */
  readonly since?: string;
}
export type EventMessage = { readonly t: 'event' } & KeptEvent;
export interface ClosedMessage {
  readonly t: 'closed';
  readonly stream: string;
  readonly reason: CloseReason;
  readonly stats: StreamStats;
}
export interface ErrorMessage {
  readonly t: 'error';
  readonly code: ErrorCode;
  readonly message: string;
  readonly stream?: string;
  readonly seq?: number;
  readonly retry_after_ms?: number;
  /** Of RATE_LIMITED: so many messages were not looked at since that was told last. */
  readonly messages?: number;
}
export type ServerMessage =
  HelloMessage | OpenedMessage | SubscribedMessage | ResultMessage | EventMessage | ClosedMessage | ErrorMessage;

export type OpenMessage = z.input<typeof openSchema>;
export interface FrameMessage {
  readonly t: 'frame';
  readonly stream: string;
  readonly image: Uint8Array;
  readonly seq?: number;
  readonly ts?: number;
}
export type CloseMessage = z.infer<typeof closeSchema>;
export type SubscribeMessage = z.input<typeof subscribeSchema>;
export type UnsubscribeMessage = z.infer<typeof unsubscribeSchema>;
export type ClientMessage = OpenMessage | FrameMessage | CloseMessage | SubscribeMessage | UnsubscribeMessage;
