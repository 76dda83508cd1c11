// Which models make room for another: those that nobody needs, least recently used first. Pure.

export interface Roomed {
  readonly id: string;
  readonly bytes: number;
  /** When it was asked for last, ms. */
  readonly usedAtMs: number;
  /** Whether a stream or a frame in hand needs it. */
  readonly isNeeded: boolean;
}

/** @returns ids of those to be closed, or null where that would not do */
export function madeRoom(open: readonly Roomed[], wanted: number, limit: number): readonly string[] | null {
  let over = open.reduce((sum, { bytes }) => sum + bytes, wanted) - limit;
  const closed: string[] = [];
  for (const { id, bytes } of open.filter(({ isNeeded }) => !isNeeded).sort((a, b) => a.usedAtMs - b.usedAtMs)) {
    if (over <= 0) break;
    closed.push(id);
    over -= bytes;
  }
  return over <= 0 ? closed : null;
}
