// Answers as FastAPI gives them: JSON, and for what goes wrong an honest status with `detail`.
import { ERROR_CATALOGUE } from '../../protocol/errors.js';
import type { Exchange } from '../http/exchange.js';
import { AbortedError } from '../http/exchange.js';
import { jsonReply, withRetryAfter, type Reply } from '../http/reply.js';
import type { Route } from '../http/router.js';
import type { ServiceState } from '../service-state.js';

/** FastAPI's own status for a field that is missing or wrong. */
const WRONG_FIELD = 422;

/** @param state says when to come again */
export function answering(state: ServiceState, work: (exchange: Exchange) => Promise<unknown>): Route['handle'] {
  return async (exchange): Promise<Reply> => {
    try {
      return jsonReply(200, await work(exchange));
    } catch (error) {
      if (error instanceof AbortedError) throw error;
      const told = state.told(error);
      // What failed here is logged, and told, as everywhere else.
      if (told.code === 'INTERNAL') throw error;
      const status = told.code === 'BAD_MESSAGE' ? WRONG_FIELD : ERROR_CATALOGUE[told.code].status;
      const reply = jsonReply(status, { detail: told.message });
      return status === 429 || status === 503 ? withRetryAfter(reply, told.retryAfterMs) : reply;
    }
  };
}
