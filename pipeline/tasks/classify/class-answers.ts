// Probabilities as the contract's payload: the best classes, and which of them is believed.
import { topClasses } from '../../../models/decisions/class-scores.js';
import { isAccepted } from '../../../models/decisions/threshold-rule.js';
import type { ServedModel } from '../../../models/served/served-model.js';
import type { ClassesFound, ClassScore } from '../../../protocol/payloads.js';
import type { Rect } from '../../geometry/box.js';
import { hundredths } from '../../geometry/box.js';
import type { ClassifiedPart } from './classify-job.js';

export interface ClassRule {
  /** How many classes are told. */
  readonly topN: number;
  /** Score that the best class has to exceed, whatever its own threshold is. */
  readonly minimum: number;
}

/** The best classes, and the best one's label where it is believed. */
export interface Decided {
  readonly classes: readonly ClassScore[];
  readonly accepted: string | null;
}

export function decided(model: ServedModel, probabilities: ArrayLike<number>, { topN, minimum }: ClassRule): Decided {
  const classes = topClasses(probabilities, model.classes, topN);
  const [best] = classes;
  if (best === undefined) return { classes, accepted: null };
  const { thresholds } = model;
  const own = thresholds !== null && Object.hasOwn(thresholds, best.label) ? thresholds[best.label] : undefined;
  return { classes, accepted: isAccepted(best.score, own, minimum) ? best.label : null };
}

/**
 * @param parts of one frame, one at least
 * @param hasRegions whether they were asked for: they are told one by one then, beside all of them together
 */
export function classesFound(
  model: ServedModel,
  parts: readonly ClassifiedPart[],
  hasRegions: boolean,
  rule: ClassRule,
): ClassesFound {
  const together = decided(model, meanOf(parts), rule);
  if (!hasRegions) return together;
  const regions = parts.map(({ part, probabilities }) => ({ box: boxOfPart(part), ...decided(model, probabilities, rule) }));
  return { ...together, regions };
}

/** What the parts show together: the mean of their probabilities. */
function meanOf(parts: readonly ClassifiedPart[]): ArrayLike<number> {
  const [first] = parts;
  if (first === undefined) return [];
  if (parts.length === 1) return first.probabilities;
  return first.probabilities.map(
    (_, index) => parts.reduce((sum, { probabilities }) => sum + (probabilities[index] ?? 0), 0) / parts.length,
  );
}

const boxOfPart = ({ left, top, width, height }: Rect) =>
  [hundredths(left), hundredths(top), hundredths(width), hundredths(height)] as const;
