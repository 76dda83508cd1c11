// Which of the objects that were found are told, and how. Pure.
import type { ObjectFound } from '../../../protocol/payloads.js';
import { boxOf } from '../../geometry/box.js';
import type { FoundObject } from './object-items.js';

export interface ObjectRule {
  /** Score that an object has to reach. */
  readonly threshold: number;
  /** Labels that are wanted; null for all. */
  readonly labels: ReadonlySet<string> | null;
  /** How many are told at most. */
  readonly most: number;
}

export function isWanted({ labels }: ObjectRule, label: string): boolean {
  return labels === null || labels.has(label);
}

/** @param track id of what is followed; null where it is not, or not yet */
export function objectFound(object: FoundObject, classes: readonly string[], track: string | null): ObjectFound {
  const { classIndex: index, score } = object;
  return { label: classes[index] ?? String(index), index, score, box: boxOf(object), track };
}
