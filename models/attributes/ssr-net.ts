// SSR-Net (Yang et al. 2018, "SSR-Net: a compact soft stagewise regression network for age estimation"): three stages, each of which
// divides what the one before left open into three. What the stages give moves and widens those parts.
import type { Outputs } from '../family.js';
import { outputNamed } from '../outputs.js';
import type { AttributeFamily } from './attribute-family.js';
import { numbersOf } from './head-output.js';
import { imageNetInput } from './square-input.js';

const STAGES = [1, 2, 3];
const PARTS = 3;

/** The input and the crop that both heads are fed with. Smaller and larger ones, and the other order of channels, tell less. */
const FED: Pick<AttributeFamily, 'input' | 'crop'> = {
  input: imageNetInput(64, 'bgr'),
  crop: { scale: 1.4, isSquare: true },
};

/** Of 0..1. */
function regressed(outputs: Outputs, index: number): number {
  const of = (name: string, count: number): Float32Array => numbersOf(outputNamed(outputs, name), index, count);
  let share = 1;
  let sum = 0;
  for (const stage of STAGES) {
    const chances = of(`prob_stage_${stage}`, PARTS);
    const moved = of(`index_offset_stage${stage}`, PARTS);
    const [wider = 0] = of(`stage${stage}_delta_k`, 1);
    share /= PARTS * (1 + wider);
    chances.forEach((chance, part) => (sum += chance * (part + (moved[part] ?? 0)) * share));
  }
  return sum;
}

const OLDEST = 101;
export const age: AttributeFamily = {
  ...FED,
  decode: (outputs, index) => ({ age: Math.max(0, Math.round(regressed(outputs, index) * OLDEST * 10) / 10) }),
};

export const gender: AttributeFamily = {
  ...FED,
  decode(outputs, index) {
    const man = Math.min(1, Math.max(0, regressed(outputs, index)));
    return { gender: man >= 0.5 ? { label: 'man', score: man } : { label: 'woman', score: 1 - man } };
  },
};
