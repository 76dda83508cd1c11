// What somebody may do by their roles. Every route and every message of a client names a right; one that does not, does not compile.
import { RIGHTS_OF_ROLE, type Right, type Role } from '../../protocol/access.js';

export type { Right };

/** @returns whether one of the roles has the right */
export function mayWith(roles: readonly Role[], right: Right): boolean {
  return right === 'public' || roles.some((role) => RIGHTS_OF_ROLE[role].includes(right));
}
