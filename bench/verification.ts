// How well scores tell pairs of one person from pairs of two: the usual figures of face verification.

export interface ScoredPair {
  /** Cosine, -1..1. */
  readonly similarity: number;
  readonly isSame: boolean;
}

/**
 * The probability that a pair of one person scores higher than a pair of two (Mann-Whitney U; ties count half).
 * @returns NaN when either kind is missing
 */
export function areaUnderCurve(pairs: readonly ScoredPair[]): number {
  const same = pairs.filter(({ isSame }) => isSame);
  const different = pairs.filter(({ isSame }) => !isSame);
  let wins = 0;
  for (const a of same) {
    for (const b of different) wins += a.similarity > b.similarity ? 1 : a.similarity === b.similarity ? 0.5 : 0;
  }
  return wins / (same.length * different.length);
}

/** The threshold that judges most pairs rightly: in the middle of the widest gap between scores that does. */
export function bestThreshold(pairs: readonly ScoredPair[]): { readonly accuracy: number; readonly threshold: number } {
  const sorted = [...pairs].sort((a, b) => a.similarity - b.similarity);
  // Below the least score everything is called the same person.
  let right = sorted.filter(({ isSame }) => isSame).length;
  let best = { accuracy: right / sorted.length, threshold: -1, gap: 0 };
  sorted.forEach(({ similarity, isSame }, index) => {
    right += isSame ? -1 : 1;
    const next = sorted[index + 1]?.similarity ?? 1;
    const found = { accuracy: right / sorted.length, threshold: (similarity + next) / 2, gap: next - similarity };
    if (found.accuracy > best.accuracy || (found.accuracy === best.accuracy && found.gap > best.gap)) best = found;
  });
  return { accuracy: best.accuracy, threshold: best.threshold };
}

export function rangeOf(scores: readonly number[]) {
  return {
    count: scores.length,
    mean: scores.reduce((sum, score) => sum + score, 0) / scores.length,
    least: Math.min(...scores),
    most: Math.max(...scores),
  };
}
