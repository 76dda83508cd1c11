// Who may what, as the wire tells it: roles, patterns of stream ids, and the answers about a session and a ticket.
// Types and constants alone, no schemas: browsers load it.

/**
 * `ingest` opens and feeds streams, `viewer` sees what comes out, `enroller` changes people and faces too, `admin`
 * everything.
 */
export const ROLES = ['ingest', 'viewer', 'enroller', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Ids of streams, where `*` stands for any characters, e.g. `door-*`; `*` alone is every stream. */
export const STREAM_PATTERN = /^[A-Za-z0-9._*-]{1,64}$/;

/** Subprotocol that carries a credential in a handshake that can have no header: this, and an API key or a JWT. */
export const BEARER_SUBPROTOCOL = 'bearer.';

/** Close codes of a WebSocket: the credential holds no longer, or it lost a right. Neither is worth another attempt. */
export const CLOSE_UNAUTHORIZED = 4401;
export const CLOSE_FORBIDDEN = 4403;

/** Who somebody is to the service. */
export interface PrincipalAnswer {
  readonly kind: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Patterns of the streams that it may touch. */
  readonly streams: readonly string[];
}

/** GET /v1/session: open to all who are admitted. */
export interface SessionAnswer {
  readonly authentication: {
    /** Without a credential nothing is answered. */
    readonly required: boolean;
    /** People can be signed in by an identity provider: by going to `/v1/session/oidc`. */
    readonly oidc: boolean;
    /** There where one is configured. While it cannot be reached nobody can be signed in, and its known keys stay in force for a day. */
    readonly identity_provider?: 'reachable' | 'unreachable';
  };
  /** Null when nobody is signed in. */
  readonly principal: PrincipalAnswer | null;
}

/** Answer to POST /v1/tickets. */
export interface TicketAnswer {
  /** For `?ticket=` in the address of one WebSocket. */
  readonly ticket: string;
  /** Unix ms. */
  readonly expires_at: number;
}
