// The WebSocket messages, both ways. Client messages are zod schemas because they come from outside;
// server messages are types alone. Where the wire contract is silent, docs/protocol.md says what was chosen.
import { z } from 'zod';
import type { ErrorCode } from './errors.js';
import { sinceSchema, type KeptEvent } from './events.js';
import { askingSchemas, schedulingSchemas, streamIdSchema } from './stream-fields.js';
import { TASKS, type CloseReason, type FrameOutcome, type StreamStats, type Task } from './payloads.js';

export const PROTOCOL_VERSION = 1;
export const SUBPROTOCOL_MSGPACK = 'onlooker.v1.msgpack';
export const SUBPROTOCOL_JSON = 'onlooker.v1.json';
export const SUBPROTOCOLS = [SUBPROTOCOL_MSGPACK, SUBPROTOCOL_JSON] as const;
export type Subprotocol = (typeof SUBPROTOCOLS)[number];

export const MAX_FRAME_BYTES_DEFAULT = 5 * 1024 * 1024;

export const SEND_CHOICES = ['frames', 'events', 'both'] as const;
/** Results, events, or both of them. */
export type SendChoice = (typeof SEND_CHOICES)[number];

/** The fields of `open` but for `t`, shared with the query shortcuts of the address. */
export const openFieldsSchema = z.object({
  stream: streamIdSchema,
  task: z.enum(TASKS).default('faces'),
  send: z.enum(SEND_CHOICES).default('both'),
  thumbnails: z.boolean().default(false),
  /** Whether faces are followed from frame to frame; only with task `faces`. */
  tracking: z.boolean().default(true),
  ...z.object({ ...askingSchemas, ...schedulingSchemas }).partial().shape,
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
