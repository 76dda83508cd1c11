// Versions of models: which are in use, putting another in use, trying one out, aliases. Models themselves are in `GET /v1/models`.
import { z } from 'zod';
import { referenceSchema } from '../models/model-choices.js';
import type { ServiceState } from '../service-state.js';
import { jsonReply, NO_CONTENT } from './reply.js';
import { requestJson } from './request-json.js';
import type { Route } from './router.js';

const useSchema = z.strictObject({ version: z.string().min(1).max(100) });
const canarySchema = z.strictObject({ version: z.string().min(1).max(100), share: z.number().min(0).max(1) });
const pullSchema = z.strictObject({
  /** Not `file:`: what lies on the service's disk is not for clients to name. */
  from: z
    .string()
    .max(2000)
    .regex(/^(https?|s3|npm):/, 'must begin with https:, http:, s3: or npm:'),
  path: z.string().max(500).optional(),
  integrity: z.string().max(200).optional(),
  files: z
    .record(
      z.string(),
      z.strictObject({
        sha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .optional(),
        bytes: z.int().positive().optional(),
      }),
    )
    .optional(),
});
const aliasSchema = z.strictObject({ alias: referenceSchema, stands_for: referenceSchema });

/** @param maxModelBytes largest file that is taken */
export function modelRoutes(state: ServiceState, maxModelBytes: number): Route[] {
  const route = (method: Route['method'], pattern: string, handle: Route['handle']): Route => ({
    method,
    pattern,
    right: 'administer',
    handle,
  });
  return [
    route('GET', '/v1/models/versions', () => jsonReply(200, state.requireLibrary().list())),
    route('POST', '/v1/models/rescan', async () => jsonReply(200, await state.requireLibrary().rescan())),
    route('POST', '/v1/models/aliases', async (exchange) => {
      const { alias, stands_for: target } = await requestJson(exchange, aliasSchema);
      await state.requireLibrary().setAlias(alias, target);
      return jsonReply(200, state.requireLibrary().list());
    }),
    route('DELETE', '/v1/models/aliases/:alias', async (exchange) => {
      await state.requireLibrary().removeAlias(exchange.param(0));
      return NO_CONTENT;
    }),
    route('POST', '/v1/models/:name/use', async (exchange) => {
      const { version } = await requestJson(exchange, useSchema);
      return jsonReply(200, await state.requireLibrary().use(exchange.param(0), version));
    }),
    route('POST', '/v1/models/:name/rollback', async (exchange) =>
      jsonReply(200, await state.requireLibrary().rollback(exchange.param(0))),
    ),
    route('POST', '/v1/models/:name/canary', async (exchange) => {
      const { version, share } = await requestJson(exchange, canarySchema);
      return jsonReply(200, await state.requireLibrary().tryOut(exchange.param(0), version, share));
    }),
    route('POST', '/v1/models/:name/versions/:version/files/:file', async (exchange) => {
      const body = exchange.bodyStream(maxModelBytes);
      try {
        await state.requireLibrary().arrivals.take(exchange.param(0), exchange.param(1), exchange.param(2), body);
        return NO_CONTENT;
      } finally {
        // Of a file that was refused, what still comes is thrown away.
        body.destroy();
      }
    }),
    route('POST', '/v1/models/:name/versions/:version', async (exchange) =>
      jsonReply(201, await state.requireLibrary().arrivals.finish(exchange.param(0), exchange.param(1))),
    ),
    route('POST', '/v1/models/:name/versions/:version/pull', async (exchange) => {
      const asked = await requestJson(exchange, pullSchema);
      state.requireLibrary().arrivals.fetch({ name: exchange.param(0), version: exchange.param(1), ...asked });
      return jsonReply(202, state.requireLibrary().list());
    }),
    route('DELETE', '/v1/models/:name/versions/:version', async (exchange) =>
      jsonReply(200, await state.requireLibrary().remove(exchange.param(0), exchange.param(1))),
    ),
  ];
}
