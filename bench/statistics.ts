// The few statistics that the reports are made of. Sorts copies; the caller's arrays stay as they are.

/** What a reader of a table needs to know of many measurements. */
export interface Summary {
  readonly count: number;
  readonly mean: number;
  readonly median: number;
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
  const sorted = [...values].sort((a, b) => a - b);
  const position = part * (sorted.length - 1);
  const low = sorted[Math.floor(position)] ?? NaN;
  const high = sorted[Math.ceil(position)] ?? NaN;
  return low + (high - low) * (position - Math.floor(position));
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function summaryOf(values: readonly number[]): Summary {
  return {
    count: values.length,
    mean: mean(values),
    median: median(values),
    p95: percentile(values, 0.95),
    p99: percentile(values, 0.99),
    max: percentile(values, 1),
  };
}
