// Roles in words, the one that may most first.
import { ROLES, type Role } from '../../../protocol/access.js';
import { t } from '../i18n/i18n.js';

export function rolesText(roles: readonly Role[]): string {
  return [...ROLES]
    .reverse()
    .filter((role) => roles.includes(role))
    .map((role) => t(`access.role_${role}`))
    .join(', ');
}
