// A request's JSON body against its schema.
import type { z } from 'zod';
import { OnlookerError } from '../../protocol/errors.js';
import { validated } from '../../protocol/validated.js';
import type { Exchange } from './exchange.js';

const MAX_JSON_BYTES = 64 * 1024;

/** `application/json`, and types made of it such as `application/merge-patch+json`. */
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/**
 * The type is asked for because no page of another origin can send it without asking first.
 * @throws OnlookerError UNSUPPORTED_MEDIA without the type, BAD_MESSAGE, TOO_LARGE
 */
export async function requestJson<S extends z.ZodType>(exchange: Exchange, schema: S): Promise<z.output<S>> {
  if (!JSON_TYPE.test(exchange.contentType)) {
    throw new OnlookerError('UNSUPPORTED_MEDIA', 'The body must be JSON, with `Content-Type: application/json`.');
  }
  const body = await exchange.body(MAX_JSON_BYTES);
  let value: unknown;
  try {
    // Strict: a name in another encoding would be kept with holes in it.
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new OnlookerError('BAD_MESSAGE', 'The body is not JSON in UTF-8.', undefined, { cause: error });
  }
  return validated(schema, value);
}
