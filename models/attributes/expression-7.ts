// A classifier of seven expressions in the order of FER-2013. The order is written nowhere: its third is what smiles give, its
// sixth what faces at rest do.
import { onlyOutput } from '../outputs.js';
import { probabilitiesOf } from '../decisions/class-scores.js';
import type { AttributeFamily } from './attribute-family.js';
import { EXPRESSIONS } from './face-attributes.js';
import { numbersOf } from './head-output.js';
import { squareInput } from './square-input.js';

export const expression: AttributeFamily = {
  input: { ...squareInput(224, 'rgb'), scale: [1 / 255, 1 / 255, 1 / 255] },
  crop: { scale: 1, isSquare: true },
  decode(outputs, index) {
    const chances = probabilitiesOf(numbersOf(onlyOutput(outputs), index, EXPRESSIONS.length), 'softmax', 'each');
    const best = chances.indexOf(Math.max(...chances));
    return { expression: { label: EXPRESSIONS[best] ?? 'neutral', score: chances[best] ?? 0 } };
  },
};
