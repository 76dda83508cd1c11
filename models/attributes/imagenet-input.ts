// The input of networks that began as ImageNet's: the means and deviations of its photographs.
import type { TensorInput } from '../tensor-input.js';

const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

/** @param channels their order; the numbers are those of the places, as PyTorch's examples have them, whatever lies there */
export function imageNetInput(sidePx: number, channels: 'rgb' | 'bgr'): Omit<TensorInput, 'name'> {
  return {
    ...squareInput(sidePx, channels),
    mean: MEAN.map((value) => value * 255),
    scale: DEVIATION.map((value) => 1 / (255 * value)),
  };
}

/** Pixel values as they are. */
export function squareInput(sidePx: number, channels: 'rgb' | 'bgr'): Omit<TensorInput, 'name'> {
  const form = { width: sidePx, height: sidePx, layout: 'nchw', dtype: 'float32', channels } as const;
  return { ...form, mean: [0, 0, 0], scale: [1, 1, 1], resample: 'antialias', fit: 'stretch', fill: 0 };
}
