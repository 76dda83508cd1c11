// Networks that give the 68 points of the iBUG 300-W markup (Sagonas et al.) in a grey crop around a face.
import type { LandmarkFamily } from '../family.js';
import { itemOf, onlyOutput } from '../outputs.js';

/** Which of the 68 are averaged into each of the five: the lids around the pupils, the nose's tip, the mouth's corners. */
const FIVE = [[37, 38, 40, 41], [43, 44, 46, 47], [30], [48, 60], [54, 64]] as const;

export const family: LandmarkFamily = {
  kind: 'landmarks',
  input: { name: 'input', width: 64, height: 64, colour: 'grey', mean: 0, scale: 1 / 255, fit: 'stretch' },
  cropScale: 1.1,
  refineScale: 2.6,
  decode(outputs, index) {
    const points = itemOf(onlyOutput(outputs), index);
    return FIVE.flatMap((group) =>
      [0, 1].map((axis) => group.reduce((sum, point) => sum + (points[point * 2 + axis] ?? 0), 0) / group.length),
    );
  },
};
