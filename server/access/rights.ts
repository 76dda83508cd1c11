// What each role may do. Every route and every message of a client names one of these rights; one that does not, does not compile.
import type { Role } from '../../protocol/access.js';

/**
 * `public`: whoever is admitted, without a credential · `identified`: any valid credential · `recognise`: have single images
 * looked at · `feed`: open streams and send frames · `view`: events, tracks, snapshots, people, streams, figures · `enrol`: change
 * people and faces · `administer`: cameras, import and export, configuration, keys.
 */
export type Right = 'public' | 'identified' | 'recognise' | 'feed' | 'view' | 'enrol' | 'administer';

const RIGHTS_OF_ROLE: Readonly<Record<Role, ReadonlySet<Right>>> = {
  ingest: new Set<Right>(['public', 'identified', 'recognise', 'feed']),
  viewer: new Set<Right>(['public', 'identified', 'view']),
  enroller: new Set<Right>(['public', 'identified', 'recognise', 'view', 'enrol']),
  admin: new Set<Right>(['public', 'identified', 'recognise', 'feed', 'view', 'enrol', 'administer']),
};

/** @returns whether one of the roles has the right */
export function mayWith(roles: readonly Role[], right: Right): boolean {
  return right === 'public' || roles.some((role) => RIGHTS_OF_ROLE[role].has(right));
}
