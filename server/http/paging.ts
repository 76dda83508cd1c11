// `limit` and `after` of the lists.
import { z } from 'zod';
import { validated } from '../../protocol/validated.js';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

export const pageSchema = z.object({
  limit: z.int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  after: z.string().min(1).max(128).optional(),
});

/** @throws OnlookerError BAD_MESSAGE */
export function pageOf(query: URLSearchParams): { readonly limit: number; readonly after?: string } {
  const limit = query.get('limit');
  const after = query.get('after');
  const page = validated(pageSchema, {
    ...(limit === null ? {} : { limit: Number(limit) }),
    ...(after === null ? {} : { after }),
  });
  return { limit: page.limit, ...(page.after === undefined ? {} : { after: page.after }) };
}
