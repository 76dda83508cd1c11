// Visits as days of people: each in the time zone, cut at midnight, and what was seen twice at once counted once. Pure.
import { DateTime } from 'luxon';
import type { Visit } from './visits.js';

export interface SeenDay {
  readonly name: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly totalMs: number;
  readonly visits: number;
  readonly streams: readonly string[];
  readonly isInView: boolean;
}

interface Stretch {
  fromMs: number;
  toMs: number;
}
interface Day {
  name: string;
  readonly stretches: Stretch[];
  visits: number;
  readonly streams: Set<string>;
  isInView: boolean;
}

/** A day with more separate stretches is told as if the shortest pauses had been none. */
const MOST_STRETCHES = 2000;

export class PresenceDays {
  readonly #zone: string;
  /** By date, then by person. */
  readonly #days = new Map<string, Map<string, Day>>();

  /** @param zone IANA name */
  constructor(zone: string) {
    this.#zone = zone;
  }

  add({ person, name, stream, fromMs, toMs, isOpen }: Visit): void {
    let day = DateTime.fromMillis(fromMs, { zone: this.#zone }).startOf('day');
    for (let at = fromMs; ;) {
      const next = day.plus({ days: 1 });
      const endMs = Math.min(toMs, next.toMillis());
      const isLast = toMs < next.toMillis();
      this.#note(day.toISODate() ?? '', person, name, stream, { fromMs: at, toMs: endMs }, isOpen && isLast);
      if (isLast) return;
      [at, day] = [next.toMillis(), next];
    }
  }

  on(date: string, person: string): SeenDay | null {
    const day = this.#days.get(date)?.get(person);
    const [first] = day?.stretches ?? [];
    const last = day?.stretches.at(-1);
    if (day === undefined || first === undefined || last === undefined) return null;
    return {
      name: day.name,
      firstMs: first.fromMs,
      lastMs: last.toMs,
      totalMs: day.stretches.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0),
      visits: day.visits,
      streams: [...day.streams].sort(),
      isInView: day.isInView,
    };
  }

  /** Ids of those who were seen on a day. */
  peopleOn(date: string): readonly string[] {
    return [...(this.#days.get(date)?.keys() ?? [])];
  }

  #note(date: string, person: string, name: string, stream: string, stretch: Stretch, isInView: boolean): void {
    const people = this.#days.get(date) ?? new Map<string, Day>();
    this.#days.set(date, people);
    const day = people.get(person) ?? { name, stretches: [], visits: 0, streams: new Set<string>(), isInView: false };
    people.set(person, day);
    day.name = name;
    day.visits++;
    day.streams.add(stream);
    day.isInView ||= isInView;
    merge(day.stretches, stretch);
  }
}

/** Keeps stretches apart and in order. */
function merge(stretches: Stretch[], added: Stretch): void {
  let at = stretches.findIndex(({ toMs }) => toMs >= added.fromMs);
  if (at < 0) at = stretches.length;
  let end = at;
  const merged = { ...added };
  for (; end < stretches.length; end++) {
    const other = stretches[end];
    if (other === undefined || other.fromMs > merged.toMs) break;
    merged.fromMs = Math.min(merged.fromMs, other.fromMs);
    merged.toMs = Math.max(merged.toMs, other.toMs);
  }
  stretches.splice(at, end - at, merged);
  if (stretches.length <= MOST_STRETCHES) return;
  const pauses = stretches.slice(1).map(({ fromMs }, index) => fromMs - (stretches[index]?.toMs ?? 0));
  const shortest = pauses.indexOf(Math.min(...pauses));
  const [one, next] = [stretches[shortest], stretches[shortest + 1]];
  if (one !== undefined && next !== undefined) stretches.splice(shortest, 2, { fromMs: one.fromMs, toMs: next.toMs });
}
