// Who one is, a browser's signing in and out, and tickets. The cookie is for the console alone: the door lets no page of another
// origin send it, and scripts of the console itself cannot read it.
import { serialize } from 'cookie';
import { z } from 'zod';
import { ROLES, type SessionAnswer } from '../../protocol/access.js';
import { OnlookerError } from '../../protocol/errors.js';
import { streamIdSchema } from '../../protocol/stream-fields.js';
import type { Access } from '../access/access.js';
import { credentialOf, sessionCookieName, type Credential } from '../access/credentials.js';
import { principalAnswer, type Principal } from '../access/principal.js';
import type { RequestHead } from '../access/request-head.js';
import { jsonReply, NO_CONTENT } from './reply.js';
import { requestJson } from './request-json.js';
import type { Route } from './router.js';

const secretSchema = z.string().min(1).max(8192);
const signInSchema = z.union([z.object({ key: secretSchema }), z.object({ ticket: secretSchema })]);
const ticketSchema = z.object({ stream: streamIdSchema.optional(), role: z.enum(ROLES).optional() });
const SESSION_MS = 30 * 86_400_000;

export function sessionRoutes({ authenticator, door, sessions, tickets, oidc }: Access): Route[] {
  const answer = (principal: Principal | null): SessionAnswer => ({
    authentication: {
      required: authenticator.isRequired,
      oidc: oidc !== null && oidc.signIn !== null,
      ...(oidc === null ? {} : { identity_provider: oidc.isReachable ? ('reachable' as const) : ('unreachable' as const) }),
    },
    principal: principal === null ? null : principalAnswer(principal),
  });
  const endShown = async (head: RequestHead, isEnded: (principal: Principal) => boolean = () => true): Promise<void> => {
    const shown = credentialOf(head);
    if (shown?.kind !== 'session') return;
    await sessions.end(
      shown.texts.filter((text) => {
        const principal = sessions.principalOf(text);
        return principal !== null && isEnded(principal);
      }),
    );
  };
  return [
    {
      method: 'GET',
      pattern: '/v1/session',
      right: 'public',
      handle: async ({ head }) => {
        const shown = credentialOf(head);
        // A session that is over is nobody, and no attempt; anything else that is wrong is told so.
        const isOver = shown?.kind === 'session' && sessions.principalOfShown(shown.texts) === null;
        return jsonReply(200, answer(await door.identify(head, isOver ? null : shown)));
      },
    },
    {
      method: 'POST',
      pattern: '/v1/session',
      right: 'public',
      handle: async (exchange) => {
        const shown = await requestJson(exchange, signInSchema);
        const credential: Credential =
          'key' in shown ? { kind: 'bearer', text: shown.key } : { kind: 'ticket', text: shown.ticket };
        const principal = await door.identify(exchange.head, credential);
        if (principal === null) throw new OnlookerError('UNAUTHORIZED');
        if (principal.kind === 'local') return jsonReply(200, answer(principal));
        const ttlMs = Math.min(SESSION_MS, (principal.expiresAt ?? Infinity) - Date.now());
        // What was planted beside it, or is of somebody who sat here before, is not to be mistaken for it.
        await endShown(exchange.head, ({ id }) => id !== principal.id);
        const secret = await sessions.start(principal, Date.now() + ttlMs);
        const reply = jsonReply(200, answer(sessions.principalOf(secret)));
        return { ...reply, headers: { ...reply.headers, 'set-cookie': sessionCookie(exchange.head, secret, ttlMs) } };
      },
    },
    {
      method: 'DELETE',
      pattern: '/v1/session',
      right: 'public',
      handle: async ({ head }) => {
        await endShown(head);
        return { ...NO_CONTENT, headers: { 'set-cookie': sessionCookie(head, '', 0) } };
      },
    },
    {
      method: 'POST',
      pattern: '/v1/tickets',
      right: 'identified',
      handle: async (exchange) => {
        const { principal } = exchange;
        return jsonReply(201, tickets.issue(principal, await requestJson(exchange, ticketSchema)));
      },
    },
  ];
}

/** @param ttlMs 0 takes it away */
export function sessionCookie({ prefix, scheme }: RequestHead, secret: string, ttlMs: number): string {
  return serialize(sessionCookieName({ scheme, prefix }), secret, {
    httpOnly: true,
    sameSite: 'strict',
    secure: scheme === 'https',
    path: `${prefix}/`,
    maxAge: Math.floor(ttlMs / 1000),
  });
}
