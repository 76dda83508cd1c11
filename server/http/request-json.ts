// A request's JSON body against its schema.
import type { z } from 'zod';
import { OnlookerError } from '../../protocol/errors.js';
import { validated } from '../validate.js';
import type { Exchange } from './exchange.js';

const MAX_JSON_BYTES = 64 * 1024;

/** @throws OnlookerError BAD_MESSAGE, TOO_LARGE */
export async function requestJson<S extends z.ZodType>(exchange: Exchange, schema: S): Promise<z.output<S>> {
  const body = await exchange.body(MAX_JSON_BYTES);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(body));
  } catch (error) {
    throw new OnlookerError('BAD_MESSAGE', 'The body is not JSON.', undefined, { cause: error });
  }
  return validated(schema, value);
}
