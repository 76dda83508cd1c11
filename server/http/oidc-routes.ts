// A browser's way to the identity provider and back. Both are pages that links of other sites lead to, and both answer with nothing
// but where to go next.
import { parse as parseCookies, serialize } from 'cookie';
import { OnlookerError } from '../../protocol/errors.js';
import type { Access } from '../access/access.js';
import { SignInError } from '../access/oidc/sign-in.js';
import { FLOW_COOKIE, FLOW_MS } from '../access/oidc/sign-in-flow.js';
import type { RequestHead } from '../access/request-head.js';
import type { Reply } from './reply.js';
import type { Route } from './router.js';
import { sessionCookie } from './session-routes.js';

const START = '/v1/session/oidc';
const CALLBACK = `${START}/callback`;

/** Nothing where people are not signed in by an identity provider. */
export function oidcRoutes({ oidc, sessions, door }: Access): Route[] {
  const signIn = oidc?.signIn ?? null;
  if (signIn === null) return [];
  return [
    {
      method: 'GET',
      pattern: START,
      right: 'public',
      linkable: true,
      handle: async ({ head }) => {
        try {
          const { location, cookie } = await signIn.begin(`${head.scheme}://${head.host}${head.prefix}${CALLBACK}`);
          return seeOther(location, flowCookie(head, cookie));
        } catch (error) {
          return cameToNothing(head, error);
        }
      },
    },
    {
      method: 'GET',
      pattern: CALLBACK,
      right: 'public',
      linkable: true,
      handle: async ({ head, query }) => {
        try {
          const { principal, expiresAt } = await signIn.finish(query.toString(), parseCookies(head.cookie)[FLOW_COOKIE] ?? '');
          const secret = await sessions.start(principal, expiresAt);
          return seeOther(`${head.prefix}/#/`, sessionCookie(head, secret, expiresAt - Date.now()));
        } catch (error) {
          const reply = cameToNothing(head, error);
          door.count(head, toRefusal(error));
          return reply;
        }
      },
    },
  ];
}

/** @throws what is no failure of the sign-in */
function cameToNothing({ prefix }: RequestHead, error: unknown): Reply {
  if (!(error instanceof SignInError)) throw error;
  return seeOther(`${prefix}/#/sign-in?error=${error.failure}`);
}

function toRefusal(error: unknown): OnlookerError {
  const failure = error instanceof SignInError ? error.failure : 'failed';
  if (failure === 'unavailable') {
    const told = error instanceof SignInError && error.cause instanceof OnlookerError ? error.cause : undefined;
    return told?.code === 'OVERLOADED' ? told : new OnlookerError('OVERLOADED');
  }
  return new OnlookerError(failure === 'no_role' ? 'FORBIDDEN' : 'UNAUTHORIZED');
}

/** The address came with a code, which is nobody else's business. */
function seeOther(location: string, cookie?: string): Reply {
  const headers = { location, 'referrer-policy': 'no-referrer' };
  return { status: 302, headers: cookie === undefined ? headers : { ...headers, 'set-cookie': cookie } };
}

/** `Lax`: the browser comes back from the provider's site, and has to bring it. */
function flowCookie({ prefix, scheme }: RequestHead, value: string): string {
  return serialize(FLOW_COOKIE, value, {
    httpOnly: true,
    sameSite: 'lax',
    secure: scheme === 'https',
    path: `${prefix}${CALLBACK}`,
    maxAge: FLOW_MS / 1000,
  });
}
