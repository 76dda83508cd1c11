// The figures of an evaluation, worked out from what was expected and what was told. Pure.

/** By name; a figure that cannot be told of so few is null. */
export type Figures = Readonly<Record<string, number | null>>;

/** What is kept of an evaluation, for later ones to be compared with. */
export interface Outcome {
  readonly task: 'classify' | 'verify' | 'identify';
  /** Id of the model that answered. */
  readonly model: string;
  /** Unix ms. */
  readonly at: number;
  readonly figures: Figures;
  /** Shares of the scores in tenths of their range, 0..1 each. */
  readonly scores: readonly number[];
  /** Shares of what was told, by label; empty where labels are people. */
  readonly told: Readonly<Record<string, number>>;
}

const BINS = 10;

export const share = (count: number, of: number): number | null => (of === 0 ? null : count / of);

/** @param values of `least`..`most`; what lies outside counts at the end */
export function histogram(values: readonly number[], least: number, most: number): number[] {
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) {
    const bin = Math.floor(((value - least) / (most - least)) * BINS);
    const at = Math.min(BINS - 1, Math.max(0, bin));
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts.map((count) => (values.length === 0 ? 0 : count / values.length));
}

/**
 * Expected calibration error (Naeini et al. 2015): how far scores lie from how often they are right, over ten bins.
 * @param told score 0..1 of each answer, and whether it was right
 */
export function calibrationError(told: readonly { readonly score: number; readonly isRight: boolean }[]): number | null {
  if (told.length === 0) return null;
  let error = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const inside = told.filter(({ score }) => Math.min(BINS - 1, Math.floor(score * BINS)) === bin);
    const sum = (of: (one: (typeof told)[number]) => number): number => inside.reduce((total, one) => total + of(one), 0);
    error += Math.abs(sum(({ score }) => score) - sum(({ isRight }) => (isRight ? 1 : 0)));
  }
  return error / told.length;
}

/**
 * Population stability index: how differently two sets fall into the same bins. Below .1 nothing has changed, over .25 much has.
 * @param before shares, 0..1, as `now`
 */
export function stabilityIndex(before: readonly number[], now: readonly number[]): number {
  // A bin that is empty in one of them would count without end.
  const held = (value: number | undefined): number => Math.max(value ?? 0, 1e-4);
  return now.reduce((sum, value, bin) => sum + (held(value) - held(before[bin])) * Math.log(held(value) / held(before[bin])), 0);
}

/** How far an outcome is from an earlier one: `drift_scores`, `drift_told`, and `change_…` of each figure that both have. */
export function drift(before: Outcome, now: Outcome): Figures {
  const labels = [...new Set([...Object.keys(before.told), ...Object.keys(now.told)])];
  const of = ({ told }: Outcome): number[] => labels.map((label) => told[label] ?? 0);
  const changes = Object.entries(now.figures).flatMap(([name, value]) => {
    const earlier = before.figures[name];
    return typeof earlier === 'number' && value !== null ? [[`change_${name}`, value - earlier] as const] : [];
  });
  return {
    drift_scores: stabilityIndex(before.scores, now.scores),
    ...(labels.length === 0 ? {} : { drift_told: stabilityIndex(of(before), of(now)) }),
    ...Object.fromEntries(changes),
  };
}
