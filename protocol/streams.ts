// A registered stream (a camera that the service watches by itself) as HTTP takes it and gives it. Its address goes in
// with its password and never comes out with it.
import { z } from 'zod';
import { regionSchema, schedulingSchemas, streamIdSchema } from './messages.js';
import { TASKS, type StreamStats, type Task } from './payloads.js';

/** What a source is doing: `failed` is what does not come right by itself, `disabled` what nobody wants now. */
export const STREAM_STATES = ['connecting', 'live', 'stalled', 'backoff', 'failed', 'disabled'] as const;
export type StreamState = (typeof STREAM_STATES)[number];

/** Frames looked at of each second, where a stream does not say. */
export const STREAM_FPS_DEFAULT = 5;

/** What may be left out, with the source's own default then. */
const optionSchemas = {
  model: z.string().min(1).max(128),
  /** Most frames looked at of each second. */
  fps: z.number().gt(0).max(60),
  region: regionSchema,
  /** Longer side of a face in frame pixels. */
  min_face: z.number().min(0).max(100_000),
  top_n: z.int().min(1).max(1000),
  ...schedulingSchemas,
  /** How RTSP carries the picture. */
  transport: z.enum(['tcp', 'udp']),
  /** Begin a file again when it ends. */
  loop: z.boolean(),
  /** Play a file at its own speed, or as fast as its frames are taken. */
  realtime: z.boolean(),
  /** Scale wider pictures down to this, in px. */
  width: z.int().min(16).max(8192),
  /** `none`, `auto`, or one of `ffmpeg -hwaccels`. */
  hwaccel: z.string().regex(/^[a-z][a-z0-9_]{0,31}$/, 'must be "none", "auto" or the name of a method of ffmpeg'),
  /** An unchanged scene costs no inference. */
  motion_gate: z.boolean(),
  /** Decode key frames alone. */
  key_frames_only: z.boolean(),
  /** Events carry a picture of the face. */
  thumbnails: z.boolean(),
};
const optionsSchema = z.object(optionSchemas).partial();
/** `rtsp:`, `rtsps:`, `http:`, `https:` or `media:`; what may be opened is decided where it is opened. */
const urlSchema = z.string().min(1).max(2048);

/** Body of POST /v1/streams. Unknown fields are ignored. */
export const newStreamSchema = optionsSchema.extend({
  // Clients take those two out of a path, and could never ask for such a stream again.
  id: streamIdSchema.refine((id) => id !== '.' && id !== '..', 'must not be . or ..'),
  url: urlSchema,
  task: z.enum(TASKS).default('faces'),
  enabled: z.boolean().default(true),
});
export type NewStream = z.input<typeof newStreamSchema>;

/** Body of POST /v1/streams/test. */
export const streamTestSchema = optionsSchema.pick({ transport: true }).extend({
  url: urlSchema,
  /** A registered stream whose secrets `***` in the address stands for. */
  stream: streamIdSchema.optional(),
});
export type StreamTest = z.infer<typeof streamTestSchema>;

/** What `null` takes away, so that the default is in force again. */
const nullable = <T extends z.ZodType>(schema: T) => schema.nullable().optional();
/** Body of PATCH /v1/streams/{id}: fields not named stay. The address may hold `***` where it was shown so. */
export const streamPatchSchema = z.object({
  url: urlSchema.optional(),
  task: z.enum(TASKS).optional(),
  enabled: z.boolean().optional(),
  model: nullable(optionSchemas.model),
  fps: nullable(optionSchemas.fps),
  region: nullable(optionSchemas.region),
  min_face: nullable(optionSchemas.min_face),
  top_n: nullable(optionSchemas.top_n),
  detect_every: nullable(optionSchemas.detect_every),
  deadline_ms: nullable(optionSchemas.deadline_ms),
  weight: nullable(optionSchemas.weight),
  transport: nullable(optionSchemas.transport),
  loop: nullable(optionSchemas.loop),
  realtime: nullable(optionSchemas.realtime),
  width: nullable(optionSchemas.width),
  hwaccel: nullable(optionSchemas.hwaccel),
  motion_gate: nullable(optionSchemas.motion_gate),
  key_frames_only: nullable(optionSchemas.key_frames_only),
  thumbnails: nullable(optionSchemas.thumbnails),
});
export type StreamPatch = z.infer<typeof streamPatchSchema>;

/** As it is registered. */
export interface RegisteredStream extends Readonly<z.infer<typeof optionsSchema>> {
  readonly id: string;
  /** With `***` for passwords and tokens. */
  readonly url: string;
  readonly task: Task;
  readonly enabled: boolean;
  /** Unix ms. */
  readonly created_at: number;
  readonly updated_at: number;
}

/** How its source is doing. */
export interface StreamStatus {
  readonly state: StreamState;
  /** One line for people; null where the state says it all. */
  readonly reason: string | null;
  /** Unix ms at which it came into this state. */
  readonly since: number;
}

/** What the camera sends, as far as it is known. */
export interface PictureFormat {
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  /** The camera's own rate, where it tells one. */
  readonly fps: number | null;
  /** True where the address is that of a still, asked for again at the stream's rate. */
  readonly still?: boolean;
}

/** An item of GET /v1/streams; the last two only while it runs. */
export interface StreamAnswer extends RegisteredStream, StreamStatus {
  /** Null until it has sent something. */
  readonly format?: PictureFormat | null;
  /** The account of its frames since it was started: received = ok + dropped + errors + those in hand. */
  readonly frames?: StreamStats & {
    /** Pictures that were replaced by newer ones before they were taken in. */
    readonly skipped: number;
  };
}
