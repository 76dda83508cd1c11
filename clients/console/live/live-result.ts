// What was found in a frame, as the live view has it: faces, or what else its stream was asked for.
import type { Box, ClassScore, Timing } from '../../../protocol/payloads.js';
import type { TaskPayloads } from '../../results.js';
import { liveFace, type LiveFace } from './live-face.js';

/** Something in the picture that is no face, with what it is. */
export interface LiveMark {
  readonly box: Box;
  /** Null where it is nothing that is believed. */
  readonly label: string | null;
  readonly score: number;
}
export interface LiveClasses {
  /** Best first. */
  readonly classes: readonly ClassScore[];
  readonly accepted: string | null;
}
export interface LiveResult {
  readonly width: number;
  readonly height: number;
  readonly timing: Timing;
  /** What its stream was asked for. */
  readonly of: 'faces' | 'objects' | 'classes';
  readonly faces: readonly LiveFace[];
  readonly marks: readonly LiveMark[];
  /** What the whole picture shows; null where that was not asked. */
  readonly shows: LiveClasses | null;
}

/** @param message a result as it was heard; undefined for one that is no answer */
export function liveResult(message: object): LiveResult | undefined {
  if (!('status' in message) || message.status !== 'ok') return undefined;
  const { width, height, timing, ...found } = message as TaskPayloads[keyof TaskPayloads];
  const frame = { width, height, timing };
  if ('faces' in found) return { ...frame, of: 'faces', faces: found.faces.map(liveFace), marks: [], shows: null };
  if ('objects' in found) return { ...frame, of: 'objects', faces: [], marks: found.objects, shows: null };
  if (!('classes' in found)) return undefined;
  const { classes, accepted, regions = [] } = found;
  const marks = regions.map((region) => ({ box: region.box, label: region.accepted, score: region.classes[0]?.score ?? 0 }));
  return { ...frame, of: 'classes', faces: [], marks, shows: { classes, accepted } };
}

/** How many there are of each label, most first. */
export function countedLabels(marks: readonly LiveMark[]): readonly (readonly [label: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const { label } of marks) if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort(([one, many], [other, more]) => more - many || (one < other ? -1 : 1));
}
