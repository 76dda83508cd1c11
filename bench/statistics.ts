// The few statistics that the reports are made of. Sorts copies; the caller's arrays stay as they are.

/** What a reader of a table needs to know of many measurements. */
export interface Summary {
  readonly count: number;
  readonly mean: number;
  readonly median: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Linear interpolation between the two nearest ranks (type 7 of Hyndman and Fan 1996, as numpy has it).
 * @param part 0..1
 * @returns NaN of no values
 */
export function percentile(values: readonly number[], part: number): number {
  return ofSorted(sorted(values), part);
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function summaryOf(values: readonly number[]): Summary {
  const inOrder = sorted(values);
  return {
    count: values.length,
    mean: mean(values),
    median: ofSorted(inOrder, 0.5),
    p90: ofSorted(inOrder, 0.9),
    p95: ofSorted(inOrder, 0.95),
    p99: ofSorted(inOrder, 0.99),
    max: ofSorted(inOrder, 1),
  };
}

/**
 * How equally something was shared out (Jain, Chiu and Hawe 1984): 1 when all got the same, 1/n when one got everything.
 * @param shares none of them negative
 * @returns 1 when nobody got anything, NaN of no shares
 */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((all, share) => all + share, 0);
  const squares = shares.reduce((all, share) => all + share * share, 0);
  if (shares.length > 0 && squares === 0) return 1;
  return (sum * sum) / (shares.length * squares);
}

/** Slope of the least-squares line through points, in units of y for one of x; NaN of fewer than two different x. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  let together = 0;
  let spread = 0;
  for (const [x, y] of points) {
    together += (x - meanX) * (y - meanY);
    spread += (x - meanX) ** 2;
  }
  return spread > 0 ? together / spread : NaN;
}

/** Whether a figure that was sampled evenly stays where it was, once it had the first tenth of the time to warm up. */
export interface Drift {
  /** Median of the second tenth, the first after warming up. */
  readonly early: number;
  /** Median of the last tenth. */
  readonly late: number;
  /** How much more the last is, as a part of the early one. */
  readonly rise: number;
}

export function driftOf(samples: readonly number[]): Drift {
  const tenth = Math.max(1, Math.floor(samples.length / 10));
  const early = median(samples.slice(tenth, 2 * tenth));
  const late = median(samples.slice(-tenth));
  return { early, late, rise: late / early - 1 };
}

function sorted(values: readonly number[]): readonly number[] {
  return [...values].sort((a, b) => a - b);
}

function ofSorted(inOrder: readonly number[], part: number): number {
  const position = part * (inOrder.length - 1);
  const low = inOrder[Math.floor(position)] ?? NaN;
  const high = inOrder[Math.ceil(position)] ?? NaN;
  return low + (high - low) * (position - Math.floor(position));
}
