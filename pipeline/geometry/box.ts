// Boxes in a picture: as detectors tell them, and as the contract has them.
import type { Box } from '../../protocol/payloads.js';

/** Left, top, right and bottom edge, in pixels. */
export interface Corners {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}
/** What was found there, and how surely, 0..1. */
export interface ScoredBox extends Corners {
  readonly score: number;
}
/** In pixels. */
export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export const hundredths = (value: number): number => Math.round(value * 100) / 100;

/** `[x, y, width, height]` in pixels of the frame, to the hundredth. */
export function boxOf({ x1, y1, x2, y2 }: Corners): Box {
  return [hundredths(x1), hundredths(y1), hundredths(x2 - x1), hundredths(y2 - y1)];
}
