// Several regions of one picture (a leaf, a flower, a fruit) to one answer about what it shows. Pure.
import type { ClassScore } from './class-scores.js';
import { isAccepted, type ClassThresholds } from './threshold-rule.js';

export interface ConsolidateRule {
  /** By class; those that are not there are decided by the minimum alone. */
  readonly thresholds: Readonly<Record<string, ClassThresholds>> | null;
  readonly minimum: number;
}

export interface Consolidated {
  readonly species: string;
  readonly score: number;
}

/**
 * The species that the regions' best classes are of, the one with the greatest sum of scores first; only classes that are accepted
 * count, and where none is the answer is empty. The first has the mean of its regions' scores, the others 0: they were seen, but say
 * less than the first. Of equal sums that comes first whose region does. (The service that this rule comes from sorted by name before
 * it gave the mean to the first, so that the mean went to whichever name was last in the alphabet.)
 * @param best the best class of each region
 */
export function consolidate(best: readonly ClassScore[], rule: ConsolidateRule): Consolidated[] {
  const bySpecies = new Map<string, number[]>();
  for (const { label, score } of best) {
    if (!isAccepted(score, thresholdsOf(rule, label), rule.minimum)) continue;
    const species = speciesOf(label);
    bySpecies.set(species, [...(bySpecies.get(species) ?? []), score]);
  }
  const sum = (scores: readonly number[]): number => scores.reduce((total, score) => total + score, 0);
  return [...bySpecies]
    .sort(([, a], [, b]) => sum(b) - sum(a))
    .map(([species, scores], place) => ({ species, score: place === 0 ? sum(scores) / scores.length : 0 }));
}

/** The species of a class that is called `Genus species organ`: its first two words. */
export function speciesOf(label: string): string {
  return label.split(/\s+/).slice(0, 2).join(' ');
}

function thresholdsOf({ thresholds }: ConsolidateRule, label: string): ClassThresholds | undefined {
  return thresholds !== null && Object.hasOwn(thresholds, label) ? thresholds[label] : undefined;
}
