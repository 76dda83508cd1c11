// What was not loaded at the start will not be: coming again is of no use.
import { OnlookerError } from '../../protocol/errors.js';

export const noModel = (message?: string): OnlookerError =>
  new OnlookerError('MODEL_UNAVAILABLE', message, undefined, { retryAfterMs: Infinity });
