// Non-maximum suppression: of boxes that overlap too much only the best one is a face.
import type { RawDetection } from '../../models/family.js';

/** Intersection over union of two boxes, 0..1. */
export function iou(a: RawDetection, b: RawDetection): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  const union = (a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - intersection;
  return union > 0 ? intersection / union : 0;
}

/**
 * Greedy suppression.
 * @param maxIou boxes that overlap a better one by more than this are dropped
 * @param limit how many are kept at most
 * @returns the kept detections, best score first
 */
export function suppressOverlaps<T extends RawDetection>(detections: readonly T[], maxIou: number, limit: number): T[] {
  const kept: T[] = [];
  for (const candidate of [...detections].sort((a, b) => b.score - a.score)) {
    if (kept.length >= limit) break;
    if (kept.every((better) => iou(better, candidate) <= maxIou)) kept.push(candidate);
  }
  return kept;
}
