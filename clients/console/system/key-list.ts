// What is known of keys without asking: how each stands, and what goes with one that is revoked.
import { STREAM_PATTERN } from '../../../protocol/access.js';
import type { KeyRecord } from '../../http-client.js';

export type KeyState = 'valid' | 'expired' | 'revoked';

export function stateOf(key: KeyRecord, nowMs = Date.now()): KeyState {
  if (key.revoked_at !== undefined) return 'revoked';
  return key.expires_at !== null && key.expires_at <= nowMs ? 'expired' : 'valid';
}

/** Newest first, those that are of no use any more at the end. */
export function inOrder(keys: readonly KeyRecord[]): readonly KeyRecord[] {
  const rank = { valid: 0, expired: 1, revoked: 2 };
  return [...keys].sort((one, other) => rank[stateOf(one)] - rank[stateOf(other)] || other.created_at - one.created_at);
}

/** Whether without this one no key administers any more. */
export function isLastAdmin(key: KeyRecord, all: readonly KeyRecord[]): boolean {
  const admins = all.filter((one) => one.roles.includes('admin') && stateOf(one) === 'valid');
  return admins.length === 1 && admins[0]?.id === key.id;
}

/** @returns the patterns that were typed, with commas or spaces between; null where one is none */
export function patternsIn(text: string): string[] | null {
  const patterns = text.split(/[\s,;]+/).filter((part) => part !== '');
  return patterns.length > 0 && patterns.length <= 64 && patterns.every((one) => STREAM_PATTERN.test(one)) ? patterns : null;
}
