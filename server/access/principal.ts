// Who asks: what a credential stands for while it is valid.
import type { PrincipalAnswer, Role } from '../../protocol/access.js';
import { OnlookerError } from '../../protocol/errors.js';
import { mayWith, missingRight, type Right } from './rights.js';
import { StreamPatterns } from './stream-patterns.js';

export interface Principal {
  /** The same for all credentials of one key or person: streams belong to it, and limits count by it. */
  readonly id: string;
  readonly kind: 'local' | 'key' | 'session' | 'token' | 'ticket';
  /** For people; personal where an identity provider gave it, so it is never logged. */
  readonly name: string;
  readonly roles: readonly Role[];
  readonly streams: StreamPatterns;
  /** Unix ms; what is begun with the credential, such as a session, ends then too. Left out where that is looked up elsewhere. */
  readonly expiresAt?: number;
  /** Hash of the session that it is, or that the ticket was made in: what is begun with it ends with that session. */
  readonly session?: string;
  /** False once the credential is revoked or has run out: live connections then end. Cheap: it is asked often. */
  readonly isValid: () => boolean;
}

/** Everybody, where nobody needs a credential. */
export const LOCAL: Principal = {
  id: 'local',
  kind: 'local',
  name: 'local',
  roles: ['admin'],
  streams: StreamPatterns.ALL,
  isValid: () => true,
};

export const may = (principal: Principal, right: Right): boolean => mayWith(principal.roles, right);
export const isAdmin = ({ roles }: Pick<Principal, 'roles'>): boolean => roles.includes('admin');

/** @throws OnlookerError FORBIDDEN */
export function assertMay(principal: Principal, right: Right): void {
  if (!may(principal, right)) throw missingRight(right);
}

/** @throws OnlookerError FORBIDDEN */
export function assertMayTouch({ streams }: Principal, stream: string): void {
  if (!streams.has(stream)) throw new OnlookerError('FORBIDDEN', 'The key is not for streams of that id.');
}

export const principalAnswer = ({ kind, name, roles, streams }: Principal): PrincipalAnswer => ({
  kind,
  name,
  roles,
  streams: streams.texts,
});
