// API keys over HTTP. A key's text is in the answer to its making and nowhere else.
import { OnlookerError } from '../../protocol/errors.js';
import { newKeySchema } from '../../protocol/keys.js';
import type { Access } from '../access/access.js';
import { jsonReply, NO_CONTENT } from './reply.js';
import { requestJson } from './request-json.js';
import type { Route } from './router.js';

export function keyRoutes({ authenticator, keys }: Pick<Access, 'authenticator' | 'keys'>): Route[] {
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
      handle: async (exchange) => {
        const wanted = await requestJson(exchange, newKeySchema);
        if (authenticator.isOpenUntilFirstKey && !wanted.roles.includes('admin')) {
          throw new OnlookerError(
            'BAD_MESSAGE',
            'roles: the first key must be an admin, or others could be made on the machine itself alone',
          );
        }
        return jsonReply(201, await keys.add(wanted));
      },
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
