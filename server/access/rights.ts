// What somebody may do by their roles. Every route and every message of a client names a right; one that does not, does not compile.
import { RIGHTS_OF_ROLE, ROLES, type Right, type Role } from '../../protocol/access.js';
import { OnlookerError } from '../../protocol/errors.js';

export type { Right };

/** @returns whether one of the roles has the right */
export function mayWith(roles: readonly Role[], right: Right): boolean {
  return right === 'public' || roles.some((role) => RIGHTS_OF_ROLE[role].includes(right));
}

/** What somebody without the right is told: which it is, and who has it, so that they know what key to ask for. */
export function missingRight(right: Right): OnlookerError {
  const roles = ROLES.filter((role) => mayWith([role], right));
  const having = `${roles.length === 1 ? 'the role' : 'one of the roles'} ${roles.join(', ')}`;
  return new OnlookerError('FORBIDDEN', `This takes the right "${right}", which comes with ${having}.`, {
    right,
    roles: roles.join(' '),
  });
}
