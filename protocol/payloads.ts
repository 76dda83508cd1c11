// What the service answers about one frame: the same shapes in a WebSocket `result` and over HTTP.
import type { ErrorCode } from './errors.js';

export const TASKS = ['faces', 'detect', 'embed', 'classify', 'objects'] as const;
export type Task = (typeof TASKS)[number];

/** `[x, y, width, height]` in pixels of the frame as sent (after EXIF orientation), origin top left. */
export type Box = readonly [number, number, number, number];
/** `[x, y]` in pixels of the frame. */
export type Point = readonly [number, number];
/** Left eye, right eye, nose, left and right mouth corner, as seen in the image. */
export type FivePoints = readonly [Point, Point, Point, Point, Point];

/** A person and the cosine (-1..1) of the probe with that person's best face. */
export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly similarity: number;
}

/**
 * Why a face has no person; absent when it has one. The last two are said of tracks alone: all that was seen of the face
 * was too poor to judge, or too little of it was seen so far.
 */
export type NoPersonReason = 'empty_gallery' | 'below_threshold' | 'ambiguous' | 'low_quality' | 'too_few_frames';

/** What may be told of faces beside who they are, by the names that `attributes` of `open` takes. */
export const ATTRIBUTES = ['age', 'gender', 'expression', 'pose', 'liveness_score'] as const;
export type AttributeName = (typeof ATTRIBUTES)[number];

/** What networks take a face for: guesses, none of which is a fact about anybody. */
export interface FaceAttributes {
  /** Years. */
  readonly age?: number;
  /** `score`: 0.5..1 */
  readonly gender?: { readonly label: 'man' | 'woman'; readonly score: number };
  /** `label`: angry, disgusted, afraid, happy, sad, surprised or neutral. */
  readonly expression?: { readonly label: string; readonly score: number };
  /** Degrees; 0, 0, 0 looks into the camera with upright eyes. */
  readonly pose?: { readonly yaw: number; readonly pitch: number; readonly roll: number };
  /** 0..1, how much it looks like a face before the camera and not like a picture of one. */
  readonly liveness_score?: number;
}

export interface DetectedFace {
  readonly box: Box;
  readonly score: number;
  readonly landmarks: FivePoints;
  /** Where they were asked for; null where they are not known yet. */
  readonly attributes?: FaceAttributes | null;
}

export interface NamedFace extends DetectedFace {
  /** 0 (useless) .. 1 (ideal): size, sharpness, pose and detector score together. */
  readonly quality: number;
  readonly track: string | null;
  readonly person: Candidate | null;
  /** The three most similar people, best first; empty while the gallery is. */
  readonly candidates?: readonly Candidate[];
  readonly reason?: NoPersonReason;
}

export interface EmbeddedFace extends DetectedFace {
  readonly quality: number;
  /** L2-normalised, little-endian float32; base64 in JSON. */
  readonly embedding: Uint8Array;
  readonly dim: number;
}

export interface ClassScore {
  readonly label: string;
  readonly index: number;
  readonly score: number;
}

/** Milliseconds; the stages do not overlap and sum to at most `total`. */
export interface Timing {
  readonly decode: number;
  readonly preprocess: number;
  readonly queue: number;
  readonly infer: number;
  readonly match: number;
  /** From the last byte received to the result handed to the socket. */
  readonly total: number;
}

interface Answered {
  readonly status: 'ok';
  readonly width: number;
  readonly height: number;
  readonly timing: Timing;
  /** Id of the model that answered the task. */
  readonly model: string;
}

export interface FacesFound {
  readonly gallery_version: number;
  readonly faces: readonly (DetectedFace | NamedFace | EmbeddedFace)[];
  /** Present where the faces were carried on from the frame before and not searched for in this one. */
  readonly carried?: true;
}
export interface ClassesFound {
  /** Best first. */
  readonly classes: readonly ClassScore[];
  /** The best one's label where it is sure enough; of a stream that is followed, what most of its last frames show. */
  readonly accepted: string | null;
  /** Each of the regions that were asked for, in their order; `classes` are of all of them together. */
  readonly regions?: readonly ClassifiedRegion[];
}
export interface ClassifiedRegion {
  readonly box: Box;
  readonly classes: readonly ClassScore[];
  readonly accepted: string | null;
}

export interface ObjectFound {
  readonly label: string;
  /** Of the label among the model's classes. */
  readonly index: number;
  readonly score: number;
  readonly box: Box;
  /** Of a stream that is followed, once several frames have shown it. */
  readonly track: string | null;
}
export interface ObjectsFound {
  /** Best first. */
  readonly objects: readonly ObjectFound[];
}

export type OkPayload = (Answered & FacesFound) | (Answered & ClassesFound) | (Answered & ObjectsFound);

export type DropReason = 'superseded' | 'deadline' | 'draining';
export interface DroppedPayload {
  readonly status: 'dropped';
  readonly reason: DropReason;
}
export interface ErrorPayload {
  readonly status: 'error';
  readonly code: ErrorCode;
  readonly message: string;
  /** After so long a frame may be taken again; left out where that is not known. */
  readonly retry_after_ms?: number;
}

/** What became of one frame. */
export type FrameOutcome = OkPayload | DroppedPayload | ErrorPayload;

export const CLOSE_REASONS = ['client', 'taken_over', 'draining', 'source_failed', 'limit'] as const;
export type CloseReason = (typeof CLOSE_REASONS)[number];

/** The account of a stream: received = ok + dropped + errors, always. */
export interface StreamStats {
  readonly received: number;
  readonly ok: number;
  readonly dropped: number;
  readonly errors: number;
}
