// The best faces of tracks that ended a short while ago, so that whoever was just seen can still be enrolled. In memory
// alone, of a bounded number, for a bounded time.
import type { Evidence } from './votes.js';

interface Recent {
  readonly best: readonly Evidence[];
  readonly personId: string | null;
  readonly endedMs: number;
}

const KEPT_MS = 5 * 60_000;
const MAX_RECENT = 64;

export class RecentTracks {
  readonly #tracks = new Map<string, Recent>();

  add(id: string, best: readonly Evidence[], personId: string | null, endedMs: number): void {
    if (best.length > 0) this.#tracks.set(id, { best, personId, endedMs });
    const [oldest] = this.#tracks.keys();
    if (oldest !== undefined && this.#tracks.size > MAX_RECENT) this.#tracks.delete(oldest);
  }

  bestOf(id: string): readonly Evidence[] | undefined {
    return this.#tracks.get(id)?.best;
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
    for (const [id, { personId }] of this.#tracks) if (personId !== null && !isKnown(personId)) this.#tracks.delete(id);
  }
}
