// MiniFASNet V2 SE of Silent-Face-Anti-Spoofing (https://github.com/minivision-ai/Silent-Face-Anti-Spoofing): whether what is before
// the camera is a face, or a picture of one. Its first class is the face.
import { onlyOutput } from '../outputs.js';
import { probabilitiesOf } from '../decisions/class-scores.js';
import type { AttributeFamily } from './attribute-family.js';
import { numbersOf } from './head-output.js';
import { squareInput } from './square-input.js';

const CLASSES = 3;

export const liveness: AttributeFamily = {
  // It looks for traces of screens and print, which smoother ways of making pictures smaller wipe out.
  input: { ...squareInput(128, 'bgr'), resample: 'bilinear' },
  crop: { scale: 2.7, isSquare: false },
  decode: (outputs, index) => ({
    liveness_score: probabilitiesOf(numbersOf(onlyOutput(outputs), index, CLASSES), 'softmax', 'each')[0] ?? 0,
  }),
};
