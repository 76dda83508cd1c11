// The inputs of attribute heads: square, of the sizes and scalings that their networks were trained with.
import { IMAGENET_SCALING } from '../served/preprocessing.js';
import type { TensorInput } from '../tensor-input.js';

/** Pixel values as they are, 0..255. */
export function squareInput(sidePx: number, channels: 'rgb' | 'bgr'): Omit<TensorInput, 'name'> {
  const form = { width: sidePx, height: sidePx, layout: 'nchw', dtype: 'float32', channels } as const;
  return { ...form, mean: [0, 0, 0], scale: [1, 1, 1], resample: 'antialias', fit: 'stretch', fill: 0 };
}

/**
 * By ImageNet's means and deviations.
 * @param channels their order; the numbers are those of the places, as PyTorch's examples have them, whatever lies there
 */
export function imageNetInput(sidePx: number, channels: 'rgb' | 'bgr'): Omit<TensorInput, 'name'> {
  const { mean, scale } = IMAGENET_SCALING;
  return { ...squareInput(sidePx, channels), mean, scale };
}
