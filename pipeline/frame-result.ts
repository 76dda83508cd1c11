// What the pipeline says about a frame, in its own words; the server turns it into the wire's.
import type { FrameOutcome } from '../protocol/payloads.js';

/** One frame handed in. The bytes belong to the pipeline from then on: the caller must not change them. */
export interface FrameIn {
  readonly image: Uint8Array;
  /** Position in its stream, increasing. */
  readonly seq: number;
  /** Capture time as the client sent it, returned untouched. */
  readonly ts: number | null;
  /** `performance.now()` of this thread when the last byte had come. */
  readonly receivedAtMs: number;
}

export interface FrameResult {
  readonly seq: number;
  readonly ts: number | null;
  readonly outcome: FrameOutcome;
}
