// Kept events, and enrolling whom they tell of. Names pass through here and must never be logged.
import { z } from 'zod';
import { OnlookerError } from '../../protocol/errors.js';
import { sinceSchema } from '../../protocol/events.js';
import { streamIdSchema } from '../../protocol/stream-fields.js';
import type { TrackAnswer } from '../../protocol/tracks.js';
import type { ServiceState } from '../service-state.js';
import { validated } from '../../protocol/validated.js';
import type { Exchange } from './exchange.js';
import { pageSchema } from './paging.js';
import { twinOfSchema } from './people-routes.js';
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
const enrolSchema = z.object({ person: z.string().min(1).max(128), twin_of: twinOfSchema.default([]) });

export function eventRoutes(state: ServiceState): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/v1/events',
      right: 'view',
      handle: async ({ query, principal: { streams } }) => {
        const log = state.requireEvents();
        const { limit, stream, person, since, before } = validated(querySchema, fieldsOf(query));
        const page = await log.list({
          limit,
          ...(streams.isAll ? {} : { sees: (id: string) => streams.has(id) }),
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
      right: 'view',
      handle: async (exchange) => jsonReply(200, await visibleTrack(state, exchange)),
    },
    {
      method: 'POST',
      pattern: '/v1/tracks/:id/enroll',
      right: 'enrol',
      handle: async (exchange) => {
        const pipeline = state.requirePipeline();
        const { person, twin_of: twinOf } = await requestJson(exchange, enrolSchema);
        const { track } = await visibleTrack(state, exchange);
        const faces = await pipeline.faces.enrolTrack(track, person, twinOf);
        return jsonReply(201, { person, track, faces: faces.map((face) => ({ face: face.id, ...face })) });
      },
    },
  ];
}

/** @throws OnlookerError NOT_FOUND also for one of a stream that the asker may not see */
async function visibleTrack(state: ServiceState, exchange: Exchange): Promise<TrackAnswer> {
  const found = await state.requirePipeline().faces.track(exchange.param(0));
  if (!exchange.principal.streams.has(found.stream)) throw new OnlookerError('NOT_FOUND');
  return found;
}

function fieldsOf(query: URLSearchParams): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.fromEntries(query);
  const limit = query.get('limit');
  return limit === null ? fields : { ...fields, limit: Number(limit) };
}
