// GET /v1/presence: when people were seen, day by day, and what that is by a timetable.

/**
 * `present` in time, and as long as expected so far · `late` · `left_early` · both · `absent` · `expected`: not seen yet, and not late
 * either · `unexpected`: seen on a day that is none of theirs.
 */
export type PresenceState = 'present' | 'late' | 'left_early' | 'late_and_left_early' | 'absent' | 'expected' | 'unexpected';

export interface PresenceDay {
  /** Such as 2026-11-30, in the time zone of the answer. */
  readonly date: string;
  readonly person: { readonly id: string; readonly name: string; readonly external_id: string | null };
  /** Unix ms; null where they were not seen. */
  readonly first_seen: number | null;
  readonly last_seen: number | null;
  /** For how long they were seen, ms: what several cameras saw at once counts once. */
  readonly total_ms: number;
  readonly visits: number;
  /** Streams that saw them. */
  readonly streams: readonly string[];
  /** As far as is known they still are. */
  readonly in_view: boolean;
  /** By the timetable; null without one. */
  readonly state: PresenceState | null;
}

export interface PresenceAnswer {
  readonly time_zone: string;
  readonly from: string;
  readonly to: string;
  /** By date, then by name. */
  readonly days: readonly PresenceDay[];
}
