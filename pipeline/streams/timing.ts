// A task's answer as the contract's payload, with the account of the frame's time.
import type { OkPayload, Timing } from '../../protocol/payloads.js';
import type { Worked } from '../frames/frame-job.js';
import type { TaskAnswer } from './task.js';

/** Milliseconds of the stages that work; what is missing to the total is waiting. */
type StageTimes = Pick<Timing, 'decode' | 'preprocess' | 'infer' | 'match'>;

/** A timing whose `total` and `queue` are told once the result leaves. */
function timingOf({ decode, preprocess, infer, match }: StageTimes): Timing {
  return { decode, preprocess, queue: 0, infer, match, total: 0 };
}

/** The payload of a frame that was worked on; its timing still lacks the total. */
export function payloadOf({ width, height, stages }: Worked<unknown>, answer: TaskAnswer): OkPayload {
  return { status: 'ok', width, height, timing: timingOf(stages), ...answer };
}

/** The payload with its total filled in; whatever the stages did not use was spent in queues. */
export function withTotal<P extends OkPayload>(payload: P, totalMs: number): P {
  const { decode, preprocess, infer, match } = payload.timing;
  const queue = Math.max(0, totalMs - decode - preprocess - infer - match);
  return { ...payload, timing: { decode, preprocess, queue, infer, match, total: totalMs } };
}
