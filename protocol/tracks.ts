// What HTTP tells of one track: who it is taken for and on what grounds. Names and pictures are in it, embeddings never.
import type { EventPerson } from './events.js';
import type { Box, Candidate, FaceAttributes, NoPersonReason } from './payloads.js';

/** What the gate of enrolment looks at. */
export interface FaceMeasuresTold {
  /** Longer side of the box in pixels of the frame. */
  readonly size_px: number;
  /** Variance of the Laplacian of the aligned face. */
  readonly sharpness: number;
  /** Degrees; 0 looks into the camera. */
  readonly yaw_degrees: number;
  readonly pitch_degrees: number;
  /** The detector's score, 0..1. */
  readonly score: number;
}

/** One look at the face, with whom it resembled then. */
export interface TrackLook {
  /** Unix ms. */
  readonly ts: number;
  /** 0..1. */
  readonly quality: number;
  readonly measures: FaceMeasuresTold;
  readonly box: Box;
  /** Most similar people, best first. */
  readonly candidates: readonly Candidate[];
}

export interface TrackFace extends TrackLook {
  /** What would keep it from being enrolled; null where nothing of the face itself would. */
  readonly refused: { readonly measure: string; readonly value: number; readonly limit: number } | null;
  /** JPEG, where the stream's events carry pictures; base64 in JSON. */
  readonly picture?: Uint8Array;
}

export interface TrackVote extends TrackLook {
  /** Whom this look alone would name. */
  readonly person: EventPerson | null;
  /** False for one that is too poor to count. */
  readonly counts: boolean;
}

/** GET /v1/tracks/{id} */
export interface TrackAnswer {
  readonly track: string;
  readonly stream: string;
  /** `lost` is out of view for a moment, `gone` has left. */
  readonly state: 'in_view' | 'lost' | 'gone';
  /** Unix ms of the first and of the last frame that shows it. */
  readonly first_ts: number;
  readonly last_ts: number;
  readonly frames: number;
  readonly person: Candidate | null;
  /** Why there is no person; absent where there is one. */
  readonly reason?: NoPersonReason;
  /** As the best evidence for the decision has them. */
  readonly candidates: readonly Candidate[];
  /** Least cosine of a person, and least lead over the second one, in force. */
  readonly threshold: number;
  readonly margin: number;
  /** Least quality of a look that counts. */
  readonly least_quality: number;
  /** Id of the embedder. */
  readonly model: string;
  /** Of its best face, 0..1. */
  readonly quality: number;
  /** What its best face is taken for beside who it is; null before it is known, absent where it is not asked for. */
  readonly attributes?: FaceAttributes | null;
  /** JPEG of its best face; base64 in JSON. */
  readonly thumbnail?: Uint8Array;
  /** Its best faces, best first: those that enrolling it would take. */
  readonly faces: readonly TrackFace[];
  /** What the decision rests on, oldest first. */
  readonly votes: readonly TrackVote[];
}
