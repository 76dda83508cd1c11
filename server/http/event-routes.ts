// Kept events, and enrolling whom they tell of. Names pass through here and must never be logged.
import { z } from 'zod';
import { sinceSchema } from '../../protocol/events.js';
import { streamIdSchema } from '../../protocol/messages.js';
import type { ServiceState } from '../service-state.js';
import { validated } from '../validate.js';
import { pageSchema } from './paging.js';
import { jsonReply } from './reply.js';
import { requestJson } from './request-json.js';
import type { Route } from './router.js';

/** Sorts after every id: the newest events are those before it. */
const AFTER_ALL = 'z';

const querySchema = pageSchema.pick({ limit: true }).extend({
  stream: streamIdSchema.optional(),
  person: z.string().min(1).max(128).optional(),
  since: sinceSchema.optional(),
  before: sinceSchema.optional(),
});
const enrolSchema = z.object({ person: z.string().min(1).max(128) });

export function eventRoutes(state: ServiceState): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/v1/events',
      handle: async ({ query }) => {
        const log = state.requireEvents();
        const { limit, stream, person, since, before } = validated(querySchema, fieldsOf(query));
        const page = await log.list({
          limit,
          ...(stream === undefined ? {} : { stream }),
          ...(person === undefined ? {} : { person }),
          ...(since === undefined ? {} : { since }),
          // Who says nothing wants to know what happened last.
          ...(before !== undefined ? { before } : since === undefined ? { before: AFTER_ALL } : {}),
        });
        return jsonReply(200, page);
      },
    },
    {
      method: 'GET',
      pattern: '/v1/tracks/:id',
      handle: (exchange) => jsonReply(200, state.requirePipeline().track(exchange.param(0))),
    },
    {
      method: 'POST',
      pattern: '/v1/tracks/:id/enroll',
      handle: async (exchange) => {
        const pipeline = state.requirePipeline();
        const { person } = await requestJson(exchange, enrolSchema);
        const track = exchange.param(0);
        const faces = await pipeline.enrolTrack(track, person);
        return jsonReply(201, { person, track, faces: faces.map((face) => ({ face: face.id, ...face })) });
      },
    },
  ];
}

function fieldsOf(query: URLSearchParams): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.fromEntries(query);
  const limit = query.get('limit');
  return limit === null ? fields : { ...fields, limit: Number(limit) };
}
