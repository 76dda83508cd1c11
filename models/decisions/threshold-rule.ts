// When the best class of a picture is believed: by what its scores were like on a validation set, or by a plain threshold. Pure.

/** A class on the validation set, where -1 stands for what is not known. */
export interface ClassThresholds {
  /** Least and greatest score where it was the best class, and rightly. */
  readonly top1Min: number;
  readonly top1Max: number;
  /** Least and greatest score where it was the second best. */
  readonly top2Min: number;
  readonly top2Max: number;
  /** Part of the pictures of this class that were told right, 0..1. */
  readonly correct: number;
}

/**
 * The score that a class has to exceed: the least with which it was ever right, lowered towards the greatest with which it was second
 * as its accuracy falls. With all values unknown it is -1, below every score.
 */
export function thresholdOf({ top1Min: a, top2Max: b, correct: p }: ClassThresholds): number {
  return a - ((1 - p) * (a - b)) / 2;
}

/**
 * Whether the best class of a picture is believed: its score is above the class's threshold **and** above the minimum.
 * @param thresholds of that class; undefined where none are known, then the minimum alone decides
 */
export function isAccepted(score: number, thresholds: ClassThresholds | undefined, minimum: number): boolean {
  return score > minimum && (thresholds === undefined || score > thresholdOf(thresholds));
}
