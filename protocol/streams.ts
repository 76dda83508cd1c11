// A registered stream (a camera that the service watches by itself) as HTTP takes it and gives it. Its address goes in
// with its password and never comes out with it.
import { z } from 'zod';
import { isAspect } from './aspect.js';
import { askingSchemas, schedulingSchemas, streamIdSchema } from './stream-fields.js';
import { TASKS, type StreamStats, type Task } from './payloads.js';

/** What a source is doing: `failed` is what does not come right by itself, `disabled` what nobody wants now. */
export const STREAM_STATES = ['connecting', 'live', 'stalled', 'backoff', 'failed', 'disabled'] as const;
export type StreamState = (typeof STREAM_STATES)[number];

/** Frames looked at of each second, where a stream does not say. */
export const STREAM_FPS_DEFAULT = 5;

const ASPECT_RULE = 'must be width:height, such as "16:9", and neither more than eight times the other';

/** What may be left out, with the source's own default then. */
const optionSchemas = {
  ...askingSchemas,
  /** Most frames looked at of each second. */
  fps: z.number().gt(0).max(60),
  ...schedulingSchemas,
  /** How RTSP carries the picture. */
  transport: z.enum(['tcp', 'udp']),
  /** Begin a file again when it ends. */
  loop: z.boolean(),
  /** Play a file at its own speed, or as fast as its frames are taken. */
  realtime: z.boolean(),
  /** Scale wider pictures down to this, in px. */
  width: z.int().min(16).max(8192),
  /** Shape of the picture as it is sent, such as `16:9`, where the camera does not tell it or tells it wrong. */
  aspect: z.string().refine(isAspect, ASPECT_RULE),
  /** Turn pictures clockwise by so many degrees. */
  rotate: z.literal([0, 90, 180, 270]),
  /** Mirror pictures, after they were turned: `horizontal` exchanges left and right. */
  flip: z.enum(['horizontal', 'vertical']),
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

/** Body of POST /v1/streams. An unknown field is refused: a setting that is misspelt would be missed in silence. */
export const newStreamSchema = z.strictObject({
  ...optionsSchema.shape,
  // Clients take those two out of a path, and could never ask for such a stream again.
  id: streamIdSchema.refine((id) => id !== '.' && id !== '..', 'must not be . or ..'),
  url: urlSchema,
  task: z.enum(TASKS).default('faces'),
  enabled: z.boolean().default(true),
});
export type NewStream = z.input<typeof newStreamSchema>;

/** A stream that is tried before it is registered: whatever it will be registered with may be named, but need not be. */
export const streamTestSchema = newStreamSchema.partial({ id: true }).extend({
  /** A registered stream whose secrets `***` in the address stands for. */
  stream: streamIdSchema.optional(),
});
export type StreamTest = z.input<typeof streamTestSchema>;

/** What `null` takes away, so that the default is in force again. */
const nullable = <T extends z.ZodType>(schema: T) => schema.nullable().optional();
/** Body of PATCH /v1/streams/{id}: fields not named stay, unknown ones are refused. The address may hold `***` where it was shown so. */
export const streamPatchSchema = z.strictObject({
  url: urlSchema.optional(),
  task: z.enum(TASKS).optional(),
  enabled: z.boolean().optional(),
  model: nullable(optionSchemas.model),
  fps: nullable(optionSchemas.fps),
  region: nullable(optionSchemas.region),
  min_face: nullable(optionSchemas.min_face),
  top_n: nullable(optionSchemas.top_n),
  threshold: nullable(optionSchemas.threshold),
  regions: nullable(optionSchemas.regions),
  labels: nullable(optionSchemas.labels),
  attributes: nullable(optionSchemas.attributes),
  detect_every: nullable(optionSchemas.detect_every),
  deadline_ms: nullable(optionSchemas.deadline_ms),
  weight: nullable(optionSchemas.weight),
  transport: nullable(optionSchemas.transport),
  loop: nullable(optionSchemas.loop),
  realtime: nullable(optionSchemas.realtime),
  width: nullable(optionSchemas.width),
  aspect: nullable(optionSchemas.aspect),
  rotate: nullable(optionSchemas.rotate),
  flip: nullable(optionSchemas.flip),
  hwaccel: nullable(optionSchemas.hwaccel),
  motion_gate: nullable(optionSchemas.motion_gate),
  key_frames_only: nullable(optionSchemas.key_frames_only),
  thumbnails: nullable(optionSchemas.thumbnails),
});
export type StreamPatch = z.infer<typeof streamPatchSchema>;

/** What answers tell of a stream that cannot be set; the compiler says which is missing. */
const TOLD_ONLY: Readonly<Record<Exclude<keyof StreamAnswer, keyof NewStream>, true>> = {
  created_at: true,
  updated_at: true,
  state: true,
  reason: true,
  since: true,
  format: true,
  frames: true,
  frozen_since: true,
  changes: true,
  flapping: true,
};

/**
 * An answer may be sent back with what is to be changed in it: what it tells beyond the settings is passed over.
 * @param further what else the answer has that cannot be set, such as the `id` of a stream that is changed
 */
const sentBack =
  (...further: readonly string[]) =>
  (body: unknown): unknown =>
    typeof body === 'object' && body !== null && !Array.isArray(body)
      ? Object.fromEntries(Object.entries(body).filter(([name]) => !Object.hasOwn(TOLD_ONLY, name) && !further.includes(name)))
      : body;
/** Bodies as they come: a stream to register, one to try, and a change of one. */
export const newStreamBodySchema = z.preprocess(sentBack(), newStreamSchema);
export const streamTestBodySchema = z.preprocess(sentBack(), streamTestSchema);
export const streamPatchBodySchema = z.preprocess(sentBack('id'), streamPatchSchema);

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

/** What can happen to a stream that runs, and how often it did. */
export const STREAM_CHANGES = ['up', 'down', 'frozen', 'moving'] as const;
export type StreamChange = (typeof STREAM_CHANGES)[number];
export type StreamChangeCounts = Readonly<Record<StreamChange, number>>;

/** An item of GET /v1/streams; what may be absent is there while it runs. */
export interface StreamAnswer extends RegisteredStream, StreamStatus {
  /** Null until it has sent something. */
  readonly format?: PictureFormat | null;
  /** The account of its frames since it was started: received = ok + dropped + errors + those in hand. */
  readonly frames?: StreamStats & {
    /** Pictures that were replaced by newer ones before they were taken in. */
    readonly skipped: number;
  };
  /** Unix ms from which it shows the same picture; null while its picture changes, or it is not live. */
  readonly frozen_since?: number | null;
  /** Since it was started, whether they were told as events or not. */
  readonly changes?: StreamChangeCounts;
  /** Its changes are too many to be told one by one. */
  readonly flapping?: boolean;
}
