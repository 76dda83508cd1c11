// What the benchmark and its load generator, a process of its own, say to each other.
import type { StreamStats, Timing } from '../../protocol/payloads.js';

/** Frames a second, whatever comes back; null: as many under way as the credits allow. */
export type Rate = number | null;

export type LoadQuestion =
  | {
      readonly kind: 'start';
      /** Of the service. */
      readonly url: string;
      /** Where the frames lie, as of reel.ts. */
      readonly folder: string;
      /** Of each stream. */
      readonly rates: readonly Rate[];
      /** Further fields of `open`, for all of them. */
      readonly fields: Readonly<Record<string, string>>;
    }
  /** Forget what came until now: it was for warming up. */
  | { readonly kind: 'mark' }
  /** Send no more; the answer tells all since the mark. */
  | { readonly kind: 'stop' };

/** The frames of one stream that were due between mark and stop and were answered `ok`, a value for each. */
export interface AnsweredFrames {
  /** When each was due, ms after the mark. */
  readonly dueMs: number[];
  /** From then until its result was there; a frame sent within credits is due when it is sent. */
  readonly latencyMs: number[];
  readonly faces: number[];
  /** How many of the faces have a name. */
  readonly named: number[];
  readonly timing: Record<keyof Timing, number[]>;
}

/** One count of all frames of a stream since it was opened. */
export interface StreamAccount {
  readonly received: number;
  readonly ok: number;
  readonly dropped: number;
  readonly errors: number;
}

export interface StreamReport {
  readonly answered: AnsweredFrames;
  /** Results `ok` that came between mark and stop, whenever their frames were due. */
  readonly okWhileMeasured: number;
  /** Frames due between mark and stop without a useful answer: by drop reason, or error code. */
  readonly lost: Readonly<Record<string, number>>;
  /** Frames that the generator held back since the socket took no more; they are in no account. */
  readonly heldBack: number;
  /** Since the stream was opened: what the client counted. */
  readonly client: StreamAccount;
  /** The service's account of the same; undefined where it gave none. */
  readonly service: StreamStats | undefined;
}

export interface LoadReport {
  readonly streams: readonly StreamReport[];
  /** From mark to stop. */
  readonly measuredMs: number;
  /** Processor time of the generator from mark to stop, and what it sent meanwhile. */
  readonly cpuMs: number;
  readonly framesSent: number;
  /** How late the generator itself was with its frames at worst, where they have a rate. */
  readonly worstLagMs: number;
}
