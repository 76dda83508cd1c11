// A found face's box as the contract has it.
import type { Box } from '../../protocol/payloads.js';
import type { FoundFace } from '../lanes/lane-protocol.js';

export const hundredths = (value: number): number => Math.round(value * 100) / 100;

/** `[x, y, width, height]` in pixels of the frame, to the hundredth. */
export function boxOf({ x1, y1, x2, y2 }: Pick<FoundFace, 'x1' | 'y1' | 'x2' | 'y2'>): Box {
  return [hundredths(x1), hundredths(y1), hundredths(x2 - x1), hundredths(y2 - y1)];
}
