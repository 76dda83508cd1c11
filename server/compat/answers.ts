// Answers as FastAPI gives them: JSON, and for what goes wrong an honest status with `detail`.
import { ERROR_CATALOGUE, OnlookerError } from '../../protocol/errors.js';
import type { Exchange } from '../http/exchange.js';
import { AbortedError } from '../http/exchange.js';
import { jsonReply, withRetryAfter, type Reply } from '../http/reply.js';
import type { Route } from '../http/router.js';
import type { ServiceState } from '../service-state.js';

/** FastAPI's own status for a field that is missing or wrong. */
const WRONG_FIELD = 422;

/** JSON whose order counts. */
export class RawJson {
  constructor(readonly text: string) {}
}

/** A field of a form that is missing or wrong. */
export class FieldError extends OnlookerError {
  constructor(
    readonly field: string,
    message: string,
    readonly type: 'missing' | 'value_error' = 'value_error',
  ) {
    super('BAD_MESSAGE', message);
  }
}

/** @param state says when to come again */
export function answering(state: ServiceState, work: (exchange: Exchange) => Promise<unknown>): Route['handle'] {
  return async (exchange): Promise<Reply> => {
    try {
      const answer = await work(exchange);
      if (!(answer instanceof RawJson)) return jsonReply(200, answer);
      return { status: 200, headers: { 'content-type': 'application/json' }, body: answer.text };
    } catch (error) {
      if (error instanceof AbortedError) throw error;
      if (error instanceof FieldError) {
        // As FastAPI tells them: a list, with the place of each.
        const { type, field, message: msg } = error;
        return jsonReply(WRONG_FIELD, { detail: [{ type, loc: ['body', field], msg }] });
      }
      const told = state.told(error);
      // What failed here is logged, and told, as everywhere else.
      if (told.code === 'INTERNAL') throw error;
      const status = told.code === 'BAD_MESSAGE' ? WRONG_FIELD : ERROR_CATALOGUE[told.code].status;
      const reply = jsonReply(status, { detail: told.message });
      return status === 429 || status === 503 ? withRetryAfter(reply, told.retryAfterMs) : reply;
    }
  };
}
