// How the first person gets in where somebody is at the terminal (`serve --lan`): a key, where there is none yet, and a sign-in for
// the code that a phone scans.
import type { CreatedKey } from '../../protocol/keys.js';
import { INVITATION_MS } from './invitations.js';
import type { KeyStore } from './keys/key-store.js';
import type { Tickets } from './tickets.js';

export interface FirstAccessOptions {
  readonly keys: KeyStore;
  readonly tickets: Tickets;
  /** Whoever shows nothing may do everything. */
  readonly open: boolean;
  /** Made a moment ago, because nobody could administer. */
  readonly firstKey: CreatedKey | null;
}

export class FirstAccess {
  readonly #options: FirstAccessOptions;

  constructor(options: FirstAccessOptions) {
    this.#options = options;
  }

  /** The text of the key that was made at this start; null where there was one before. */
  get key(): string | null {
    return this.#options.firstKey?.key ?? null;
  }

  /** @returns a ticket that signs one browser in as an administrator; null where nobody needs one, or nobody could give one */
  signInTicket(): string | null {
    const { keys, tickets, open } = this.#options;
    const { admin } = keys;
    return open || admin === null ? null : tickets.issue(admin, { ttlMs: INVITATION_MS }).ticket;
  }

  /** The key opens nothing: the start failed before anybody was told it. */
  async takeBack(): Promise<void> {
    const { keys, firstKey } = this.#options;
    if (firstKey !== null) await keys.revoke(firstKey.id);
  }
}
