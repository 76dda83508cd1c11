// Hopenet (Ruiz et al. 2018, "Fine-grained head pose estimation without keypoints"): each angle as chances of 66 bins of 3 degrees.
import type { Outputs } from '../family.js';
import { outputNamed } from '../outputs.js';
import { probabilitiesOf } from '../decisions/class-scores.js';
import type { AttributeFamily } from './attribute-family.js';
import { numbersOf } from './head-output.js';
import { imageNetInput } from './square-input.js';

const BINS = 66;
const BIN_DEGREES = 3;
const LEAST_DEGREES = -99;
/** Outputs that the export left without names. */
const OUTPUTS = { yaw: 'output', pitch: '617', roll: '618' } as const;

function degrees(outputs: Outputs, name: string, index: number): number {
  const expected = probabilitiesOf(numbersOf(outputNamed(outputs, name), index, BINS), 'softmax', 'each').reduce(
    (sum, chance, bin) => sum + chance * bin,
    0,
  );
  return Math.round((expected * BIN_DEGREES + LEAST_DEGREES) * 10) / 10;
}

export const pose: AttributeFamily = {
  input: imageNetInput(224, 'rgb'),
  crop: { scale: 1.25, isSquare: true },
  decode: (outputs, index) => ({
    pose: {
      yaw: degrees(outputs, OUTPUTS.yaw, index),
      pitch: degrees(outputs, OUTPUTS.pitch, index),
      roll: degrees(outputs, OUTPUTS.roll, index),
    },
  }),
};
