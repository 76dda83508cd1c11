// What becomes of work that no lane is there to do. A stream's frame is answered as dropped, for the reason told here; who
// waits for a single image is told the error itself.
import { OnlookerError } from '../../protocol/errors.js';
import type { DropReason } from '../../protocol/payloads.js';
import { retryAfter } from './retry-after.js';

export class NoLaneError extends OnlookerError {
  /**
   * @param reason `deadline` when it has waited too long for a lane to come back, `draining` when the service ends
   * @param backInMs how long a lane should take to come back
   */
  constructor(
    readonly reason: Extract<DropReason, 'deadline' | 'draining'>,
    backInMs?: number,
  ) {
    const isDraining = reason === 'draining';
    super(
      isDraining ? 'DRAINING' : 'MODEL_UNAVAILABLE',
      'No inference lane is running.',
      undefined,
      isDraining ? {} : retryAfter(backInMs),
    );
  }
}
