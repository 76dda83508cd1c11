// The figures of one moment, and what two of them tell of the time between: rates of counters, quantiles of histograms. Pure.
import type { Sample } from './prometheus.js';

type Labels = Readonly<Record<string, string>>;

/** A histogram's counts by the upper bound of their bucket; each counts those below too. */
type Buckets = ReadonlyMap<number, number>;

export class Figures {
  readonly #samples = new Map<string, Sample[]>();

  /** @param atMs when they were asked for, on a clock that only goes forward */
  constructor(
    samples: readonly Sample[],
    readonly atMs: number,
  ) {
    for (const sample of samples) this.#samples.set(sample.name, [...(this.#samples.get(sample.name) ?? []), sample]);
  }

  /** The sum over those that have these labels; 0 where there is none. */
  sum(name: string, labels: Labels = {}): number {
    return this.#of(name, labels).reduce((sum, { value }) => sum + value, 0);
  }

  label(name: string, label: string): string | undefined {
    return this.#samples.get(name)?.[0]?.labels[label];
  }

  buckets(name: string, labels: Labels = {}): Buckets {
    const counts = new Map<number, number>();
    for (const { labels: own, value } of this.#of(`${name}_bucket`, labels)) {
      const bound = own['le'] === '+Inf' ? Infinity : Number(own['le']);
      counts.set(bound, (counts.get(bound) ?? 0) + value);
    }
    return counts;
  }

  #of(name: string, labels: Labels): readonly Sample[] {
    const wanted = Object.entries(labels);
    return (this.#samples.get(name) ?? []).filter((sample) => wanted.every(([label, value]) => sample.labels[label] === value));
  }
}

/** How much a counter grew a second; null where it cannot be told, as after a restart. */
export function rate(before: Figures, now: Figures, name: string, labels: Labels = {}): number | null {
  const grown = now.sum(name, labels) - before.sum(name, labels);
  const seconds = (now.atMs - before.atMs) / 1000;
  return grown < 0 || seconds <= 0 ? null : grown / seconds;
}

/**
 * Of what a histogram took in between two moments, evenly spread within a bucket as Prometheus has it.
 * @param part 0..1: 0.5 is the median
 * @returns null where nothing came in
 */
export function quantile(before: Figures, now: Figures, name: string, labels: Labels, part: number): number | null {
  const earlier = before.buckets(name, labels);
  const counts = [...now.buckets(name, labels)]
    .map(([bound, count]) => [bound, count - (earlier.get(bound) ?? 0)] as const)
    .sort(([one], [other]) => one - other);
  const total = counts.at(-1)?.[1] ?? 0;
  if (total <= 0) return null;
  const place = part * total;
  let low = 0;
  let below = 0;
  for (const [bound, count] of counts) {
    if (count >= place) {
      // Of what lies above the last bound nothing more is known.
      if (bound === Infinity) return low;
      return count === below ? bound : low + ((bound - low) * (place - below)) / (count - below);
    }
    low = bound;
    below = count;
  }
  return low;
}
