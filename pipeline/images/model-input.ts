// Sizes of input tensors, for whoever allocates them.
import type { ImageInput } from '../../models/family.js';

export function channelsOf(input: ImageInput): number {
  return input.colour === 'grey' ? 1 : 3;
}

/** Floats of one item of an input. */
export function inputSize(input: ImageInput): number {
  return channelsOf(input) * input.width * input.height;
}
