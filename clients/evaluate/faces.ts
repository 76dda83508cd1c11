// How well faces are told apart (pairs), and people named (a gallery and pictures of people in it and of strangers).
import { histogram, share, type Figures } from './figures.js';

export interface PairSample {
  readonly files: readonly [string, string];
  readonly isSame: boolean;
  /** Cosine of the two faces. */
  readonly similarity: number;
}

export interface PairReport {
  readonly figures: Figures;
  readonly scores: readonly number[];
}

/**
 * @param threshold cosine from which two faces are one person's
 * `auc` is the chance that a pair of one person is more alike than one of two, `eer` where both errors are equally frequent, and
 * `tpr_at_fpr_…` how many pairs of one person are found where so few of two are taken for one: null where there are too few to tell.
 */
export function pairReport(pairs: readonly PairSample[], threshold: number): PairReport {
  const same = pairs.filter(({ isSame }) => isSame).map(({ similarity }) => similarity);
  const other = pairs.filter(({ isSame }) => !isSame).map(({ similarity }) => similarity);
  const from = (values: readonly number[], level: number): number => values.filter((value) => value >= level).length;
  const right = from(same, threshold) + other.length - from(other, threshold);
  return {
    figures: {
      pairs: pairs.length,
      pairs_same: same.length,
      threshold,
      accuracy: share(right, pairs.length),
      tpr: share(from(same, threshold), same.length),
      fpr: share(from(other, threshold), other.length),
      auc: areaUnder(same, other),
      eer: equalError(same, other),
      tpr_at_fpr_1_percent: foundAt(same, other, 0.01),
      tpr_at_fpr_1_permille: foundAt(same, other, 0.001),
    },
    scores: histogram(
      pairs.map(({ similarity }) => similarity),
      -1,
      1,
    ),
  };
}

function areaUnder(same: readonly number[], other: readonly number[]): number | null {
  if (same.length === 0 || other.length === 0) return null;
  // Mann and Whitney's U, by ranks: ties count half.
  const all = [...same.map((value) => ({ value, isSame: true })), ...other.map((value) => ({ value, isSame: false }))];
  all.sort((a, b) => a.value - b.value);
  let ranks = 0;
  for (let at = 0; at < all.length;) {
    let end = at;
    while (end < all.length && all[end]?.value === all[at]?.value) end++;
    const rank = (at + 1 + end) / 2;
    for (; at < end; at++) if (all[at]?.isSame === true) ranks += rank;
  }
  return (ranks - (same.length * (same.length + 1)) / 2) / (same.length * other.length);
}

function equalError(same: readonly number[], other: readonly number[]): number | null {
  if (same.length === 0 || other.length === 0) return null;
  // Both in order, so that each level goes on from the one before.
  const [ofSame, ofOther] = [Float64Array.from(same).sort(), Float64Array.from(other).sort()];
  let [below, passed] = [0, 0];
  const errors = Array.from(Float64Array.from([...same, ...other]).sort(), (level) => {
    while (below < ofSame.length && (ofSame[below] as number) < level) below++;
    while (passed < ofOther.length && (ofOther[passed] as number) < level) passed++;
    const missed = below / same.length;
    const mistaken = (other.length - passed) / other.length;
    return { apart: Math.abs(missed - mistaken), error: (missed + mistaken) / 2 };
  });
  return errors.reduce((least, one) => (one.apart < least.apart ? one : least)).error;
}

function foundAt(same: readonly number[], other: readonly number[], fpr: number): number | null {
  const allowed = Math.floor(other.length * fpr);
  if (same.length === 0 || other.length * fpr < 1) return null;
  const level = [...other].sort((a, b) => b - a)[allowed] ?? -1;
  return same.filter((value) => value > level).length / same.length;
}

export interface ProbeSample {
  readonly file: string;
  /** Null for a stranger. */
  readonly truth: string | null;
  /** Whom the service names; null for nobody. */
  readonly told: string | null;
  /** Of the most similar person; null where no face was found or the gallery is empty. */
  readonly similarity: number | null;
}

export interface ProbeReport {
  readonly figures: Figures;
  readonly scores: readonly number[];
}

/**
 * By the names of ISO/IEC 19795-1: `fnir` is how many pictures of enrolled people are not named as them, `fpir` how many of strangers
 * are named at all. Where none was, it is below `fpir_bound` at 95 % (the rule of three).
 */
export function probeReport(probes: readonly ProbeSample[]): ProbeReport {
  const known = probes.filter(({ truth }) => truth !== null);
  const strangers = probes.filter(({ truth }) => truth === null);
  const named = known.filter(({ truth, told }) => told === truth).length;
  const misnamed = known.filter(({ truth, told }) => told !== null && told !== truth).length;
  const accused = strangers.filter(({ told }) => told !== null).length;
  return {
    figures: {
      pictures: probes.length,
      strangers: strangers.length,
      named: share(named, known.length),
      misnamed: share(misnamed, known.length),
      fnir: share(known.length - named, known.length),
      fpir: share(accused, strangers.length),
      fpir_bound: accused > 0 ? null : share(3, strangers.length),
    },
    scores: histogram(
      probes.flatMap(({ similarity }) => similarity ?? []),
      -1,
      1,
    ),
  };
}
