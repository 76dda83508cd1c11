// How long to wait before the next attempt: exponential, with jitter so that cameras that died together do not come back
// together. Pure.
import type { Failure } from './failure.js';
import type { SourceTimings } from './source-settings.js';

/**
 * @param failures how many attempts have failed in a row, 1 after the first
 * @param random in 0..1
 * @returns ms from the start of the attempt that failed: what it took itself has been waited already
 */
export function retryAfterMs(kind: Failure['kind'], failures: number, timings: SourceTimings, random: number): number {
  const jitter = 0.5 + random / 2;
  if (kind === 'lasting') return timings.failedRetryMs * jitter;
  const most = kind === 'unreachable' ? timings.knockMaxMs : timings.backoffMaxMs;
  return Math.min(timings.backoffMinMs * 2 ** Math.min(failures - 1, 30), most) * jitter;
}
