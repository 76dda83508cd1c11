// The account of a frame's time.
import type { OkPayload, Timing } from '../../protocol/payloads.js';

/** Milliseconds of the stages that work; what is missing to the total is waiting. */
export type StageTimes = Pick<Timing, 'decode' | 'preprocess' | 'infer' | 'match'>;

/** A timing whose `total` and `queue` are told once the result leaves. */
export function timingOf({ decode, preprocess, infer, match }: StageTimes): Timing {
  return { decode, preprocess, queue: 0, infer, match, total: 0 };
}

/** The payload with its total filled in; whatever the stages did not use was spent in queues. */
export function withTotal<P extends OkPayload>(payload: P, totalMs: number): P {
  const { decode, preprocess, infer, match } = payload.timing;
  const queue = Math.max(0, totalMs - decode - preprocess - infer - match);
  return { ...payload, timing: { decode, preprocess, queue, infer, match, total: totalMs } };
}
