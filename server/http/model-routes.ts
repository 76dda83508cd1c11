// Versions of models: which are in use, putting another in use, trying one out, aliases. Models themselves are in `GET /v1/models`.
import { z } from 'zod';
import { referenceSchema } from '../models/model-choices.js';
import type { ServiceState } from '../service-state.js';
import { jsonReply, NO_CONTENT } from './reply.js';
import { requestJson } from './request-json.js';
import type { Route } from './router.js';

const useSchema = z.strictObject({ version: z.string().min(1).max(100) });
const canarySchema = z.strictObject({ version: z.string().min(1).max(100), share: z.number().min(0).max(1) });
const aliasSchema = z.strictObject({ alias: referenceSchema, stands_for: referenceSchema });

export function modelRoutes(state: ServiceState): Route[] {
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
  ];
}
