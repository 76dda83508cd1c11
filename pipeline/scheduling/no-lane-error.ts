// What becomes of work that no lane is there to do. A stream's frame is answered as dropped, for the reason told here; who
// waits for a single image is told the error itself.
import { OnlookerError } from '../../protocol/errors.js';
import type { DropReason } from '../../protocol/payloads.js';

export class NoLaneError extends OnlookerError {
  /** @param reason `deadline` when it has waited too long for a lane to come back, `draining` when the service ends */
  constructor(readonly reason: Extract<DropReason, 'deadline' | 'draining'>) {
    super(reason === 'draining' ? 'DRAINING' : 'MODEL_UNAVAILABLE', 'No inference lane is running.');
  }
}
