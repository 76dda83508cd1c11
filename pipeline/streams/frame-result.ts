// What the pipeline says about a frame, in its own words; the server turns it into the wire's.
import type { FrameOutcome } from '../../protocol/payloads.js';

/** A frame's place in its stream, and in time. */
export interface FramePlace {
  /** Position in its stream, increasing. */
  readonly seq: number;
  /** Capture time as the client sent it, returned untouched. */
  readonly ts: number | null;
  /** `performance.now()` of this thread when the last byte had come. */
  readonly receivedAtMs: number;
}
/** One frame handed in. The bytes are copied: they need be valid during the call alone. */
export interface FrameIn extends FramePlace {
  readonly image: Uint8Array;
}

export interface FrameResult {
  readonly seq: number;
  readonly ts: number | null;
  readonly outcome: FrameOutcome;
}
