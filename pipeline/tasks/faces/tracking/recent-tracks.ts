// Tracks that ended a short while ago, so that whoever was just seen can still be enrolled, and the decision be explained. In
// memory alone, of a bounded number, for a bounded time.
import type { TrackAccount } from './track-account.js';

interface Recent {
  readonly account: TrackAccount;
  readonly endedMs: number;
}

const KEPT_MS = 5 * 60_000;
const MAX_RECENT = 64;

export class RecentTracks {
  readonly #tracks = new Map<string, Recent>();

  add(account: TrackAccount, endedMs: number): void {
    if (account.faces.length > 0) this.#tracks.set(account.track, { account, endedMs });
    const [oldest] = this.#tracks.keys();
    if (oldest !== undefined && this.#tracks.size > MAX_RECENT) this.#tracks.delete(oldest);
  }

  get(id: string): TrackAccount | undefined {
    return this.#tracks.get(id)?.account;
  }

  /** Forgets what is too old. */
  expire(nowMs: number): void {
    for (const [id, { endedMs }] of this.#tracks) {
      // In the order in which they ended.
      if (nowMs - endedMs <= KEPT_MS) return;
      this.#tracks.delete(id);
    }
  }

  /** Forgets the faces of people who were deleted. */
  forgetPeople(isKnown: (id: string) => boolean): void {
    for (const [id, { account }] of this.#tracks) {
      const { person } = account.decision;
      if (person !== null && !isKnown(person.id)) this.#tracks.delete(id);
    }
  }
}
