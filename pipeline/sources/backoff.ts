// How long to wait before the next attempt: exponential, with jitter so that cameras that died together do not come back
// together. Pure.
import type { Failure } from './failure.js';
import type { SourceTimings } from './source-settings.js';

/** So many refused logins in a row; then a long pause. Few cameras lock an account after fewer than five. */
export const LOGIN_TRIES = 3;

/**
 * @param failures how many attempts have failed in a row, 1 after the first; of `refused` only those that were
 * @param random in 0..1
 * @returns ms from the start of the attempt that failed: what it took itself has been waited already
 */
export function retryAfterMs(kind: Failure['kind'], failures: number, timings: SourceTimings, random: number): number {
  const jitter = 0.5 + random / 2;
  // Never shortened by the jitter: it is what keeps the user's account open.
  if (kind === 'refused' && failures >= LOGIN_TRIES) return timings.refusedPauseMs * (1 + random / 10);
  if (kind === 'lasting' || kind === 'refused') return timings.failedRetryMs * jitter;
  const most = kind === 'unreachable' ? timings.knockMaxMs : timings.backoffMaxMs;
  return Math.min(timings.backoffMinMs * 2 ** Math.min(failures - 1, 30), most) * jitter;
}
