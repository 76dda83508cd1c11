// What the benchmark and its load generator, a process of its own, say to each other.
import type { StreamStats, Timing } from '../../protocol/payloads.js';
import type { StreamCounts } from '../../clients/client.js';

/** `closed`: as many frames under way as the credits allow. `open`: a fixed rate, whatever comes back. */
export type Loop = { readonly kind: 'closed' } | { readonly kind: 'open'; readonly framesPerSecond: number };

export type LoadQuestion =
  | { readonly kind: 'start'; readonly url: string; readonly folder: string; readonly streams: number; readonly loop: Loop }
  /** Forget what came until now: it was for warming up. */
  | { readonly kind: 'mark' }
  /** Send no more; the answer tells all since the mark. */
  | { readonly kind: 'stop' };

/** A frame that was answered `ok`. */
export interface AnsweredFrame {
  /** From the time it was due (open loop) or sent (closed loop) until its result was there, ms. */
  readonly latencyMs: number;
  readonly faces: number;
  readonly timing: Timing;
}

export interface LoadReport {
  readonly answered: readonly AnsweredFrame[];
  /** Frames without a useful answer: by drop reason, or error code. */
  readonly others: Readonly<Record<string, number>>;
  /** Since the very start, one a stream: what the client counted, and the service's account of the same. */
  readonly accounts: readonly { readonly client: StreamCounts; readonly service: StreamStats | undefined }[];
  /** Processor time of the generator since the mark. */
  readonly cpuMs: number;
  /** How late the generator itself was with its frames at worst, in an open loop. */
  readonly worstLagMs: number;
}
