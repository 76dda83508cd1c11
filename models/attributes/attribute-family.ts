// What a family of attribute heads is: a network that tells one thing of a face, how its input is cut out and how its outputs are
// read. Plain data and pure functions, so that a family runs in any thread.
import type { Outputs } from '../family.js';
import type { TensorInput } from '../tensor-input.js';
import type { FaceAttributes } from './face-attributes.js';

/** What of the picture the network is shown: a part around the face's box, moved to lie inside the picture. */
export interface FaceCrop {
  /** Times the box. */
  readonly scale: number;
  /** As long as wide, by the box's longer side; otherwise it is of the box's shape. */
  readonly isSquare: boolean;
}

export interface AttributeFamily {
  readonly input: Omit<TensorInput, 'name'>;
  readonly crop: FaceCrop;
  /** What is told of item `index` of the batch. */
  decode(outputs: Outputs, index: number): FaceAttributes;
}
