// API keys over HTTP. A key's text is in the answer to its making and nowhere else.
import { newKeySchema } from '../../protocol/keys.js';
import type { KeyStore } from '../access/keys/key-store.js';
import { jsonReply, NO_CONTENT } from './reply.js';
import { requestJson } from './request-json.js';
import type { Route } from './router.js';

export function keyRoutes(keys: KeyStore): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/v1/keys',
      right: 'administer',
      handle: () => jsonReply(200, { keys: keys.list() }),
    },
    {
      method: 'POST',
      pattern: '/v1/keys',
      right: 'administer',
      handle: async (exchange) => jsonReply(201, await keys.add(await requestJson(exchange, newKeySchema))),
    },
    {
      method: 'DELETE',
      pattern: '/v1/keys/:id',
      right: 'administer',
      handle: async (exchange) => {
        await keys.revoke(exchange.param(0));
        return NO_CONTENT;
      },
    },
  ];
}
