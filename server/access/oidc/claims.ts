// From the claims of a token to roles, streams and a name. Whatever is not exactly one of the values that are looked for gives nothing.
import { createHash } from 'node:crypto';
import { ROLES, STREAM_PATTERN, type Role } from '../../../protocol/access.js';
import { KEY_NAME_MAX, mendedName } from '../../../protocol/name-text.js';
import { StreamPatterns } from '../stream-patterns.js';

export type Claims = Readonly<Record<string, unknown>>;

export interface ClaimRules {
  readonly roleClaim: string;
  /** Values of that claim and what they give, as `staff=viewer`; without any, values are the names of roles. */
  readonly roles: readonly string[];
  /** Without it everybody has all streams. */
  readonly streamClaim: string | undefined;
  readonly nameClaim: string;
}

export interface Grant {
  readonly roles: readonly Role[];
  readonly streams: StreamPatterns;
}

const MOST_PATTERNS = 64;
export const ROLE_MAPPING = new RegExp(`^.{1,256}=(${ROLES.join('|')})$`);

export class ClaimReader {
  readonly #rules: ClaimRules;
  readonly #rolesOf: ReadonlyMap<string, readonly Role[]>;

  constructor(rules: ClaimRules) {
    this.#rules = rules;
    this.#rolesOf = rules.roles.length === 0 ? new Map(ROLES.map((role) => [role, [role]])) : mapped(rules.roles);
  }

  /** @returns null where the claims say nothing about roles, so that it may be asked elsewhere */
  grantOf(claims: Claims): Grant | null {
    const { roleClaim, streamClaim } = this.#rules;
    const told = claimAt(claims, roleClaim);
    if (told === undefined) return null;
    const given = valuesOf(told).flatMap((value) => this.#rolesOf.get(value) ?? []);
    const roles = ROLES.filter((role) => given.includes(role));
    // Whoever may change every camera sees every stream.
    if (streamClaim === undefined || roles.includes('admin')) return { roles, streams: StreamPatterns.ALL };
    const patterns = valuesOf(claimAt(claims, streamClaim)).filter((value) => STREAM_PATTERN.test(value));
    return { roles, streams: new StreamPatterns(patterns.slice(0, MOST_PATTERNS)) };
  }

  nameOf(claims: Claims): string {
    const names = [claimAt(claims, this.#rules.nameClaim), claims['preferred_username'], claims['email'], claims['sub']];
    const name = names.find((found): found is string => typeof found === 'string' && found.trim() !== '');
    return name === undefined ? '' : mendedName([...mendedName(name)].slice(0, KEY_NAME_MAX).join(''));
  }
}

/** Of a person at an issuer: always the same, and tells nothing of them, since ids of principals may be logged. */
export function personId(issuer: string, subject: string): string {
  return `oidc:${createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('base64url')
    .slice(0, 32)}`;
}

/** @param path a claim's name, or the way to it with dots between; names may have dots themselves */
export function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  for (let dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
    const inner = Object.hasOwn(claims, path.slice(0, dot)) ? claims[path.slice(0, dot)] : undefined;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) continue;
    const found = claimAt(inner as Claims, path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A list of texts; a single text is one value, and several where there are spaces, as `scope` has them. */
function valuesOf(told: unknown): readonly string[] {
  if (typeof told === 'string') return [told, ...told.split(' ')];
  return Array.isArray(told) ? told.filter((value) => typeof value === 'string') : [];
}

function mapped(roles: readonly string[]): ReadonlyMap<string, readonly Role[]> {
  const byValue = new Map<string, readonly Role[]>();
  for (const text of roles) {
    const equals = text.lastIndexOf('=');
    const value = text.slice(0, equals).trim();
    const given = ROLES.filter((role) => role === text.slice(equals + 1));
    byValue.set(value, [...(byValue.get(value) ?? []), ...given]);
  }
  return byValue;
}
