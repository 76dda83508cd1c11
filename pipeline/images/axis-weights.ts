// Which pixels of a picture make one pixel of a smaller or larger one, along one axis, and with which weights. Pure.
import type { TensorInput } from '../../models/tensor-input.js';

export interface AxisWeights {
  /** First source pixel of each target pixel. */
  readonly first: Int32Array;
  /** How many follow each other from there on. */
  readonly count: Int32Array;
  /** `most` weights for each target pixel, of which the first `count` are used; they add up to 1. */
  readonly weights: Float32Array;
  readonly most: number;
}

/**
 * - `bilinear`: the two nearest pixels, with pixel centres at halves, as OpenCV's and TensorFlow 2's resize have it.
 * - `area`: all that a target pixel covers, each by how much of it is covered; where the picture is made larger, as `bilinear`.
 * - `antialias`: the triangle of `bilinear`, made as wide as a target pixel is in source pixels: what PIL's `resize` does.
 *
 * @param start where what is seen begins, source pixels @param length how long it is
 * @param bounds of the source pixels that may be looked at, the second one not among them: what lies outside repeats the edge, or for
 *   `antialias` and `area` does not count
 */
export function axisWeights(
  start: number,
  length: number,
  targets: number,
  [least, end]: readonly [number, number],
  resample: TensorInput['resample'],
): AxisWeights {
  const step = length / targets;
  const rule = resample === 'area' && step <= 1 ? 'bilinear' : resample;
  const reach = rule === 'bilinear' ? 1 : rule === 'area' ? step / 2 : Math.max(1, step);
  const most = Math.ceil(2 * reach) + 2;
  const first = new Int32Array(targets);
  const count = new Int32Array(targets);
  const weights = new Float32Array(targets * most);
  for (let target = 0; target < targets; target++) {
    const centre = start + (target + 0.5) * step;
    if (rule === 'bilinear') {
      const at = Math.min(Math.max(centre - 0.5, least), end - 1);
      const low = Math.min(Math.floor(at), Math.max(least, end - 2));
      first[target] = low;
      count[target] = Math.min(2, end - least);
      weights[target * most] = 1 - (at - low);
      weights[target * most + 1] = at - low;
      continue;
    }
    // PIL rounds the ends of the support to whole pixels; its weights of what lies beyond it are 0 or nearly so.
    const low = Math.min(
      end - 1,
      Math.max(least, rule === 'area' ? Math.floor(centre - reach) : Math.trunc(centre - reach + 0.5)),
    );
    const high = Math.max(
      low + 1,
      Math.min(end, rule === 'area' ? Math.ceil(centre + reach - 1e-6) : Math.trunc(centre + reach + 0.5)),
    );
    let sum = 0;
    for (let pixel = low; pixel < high; pixel++) {
      const weight =
        rule === 'area'
          ? Math.min(pixel + 1, centre + reach) - Math.max(pixel, centre - reach)
          : Math.max(0, 1 - Math.abs((pixel - centre + 0.5) / reach));
      weights[target * most + pixel - low] = Math.max(0, weight);
      sum += Math.max(0, weight);
    }
    first[target] = low;
    count[target] = high - low;
    for (let at = 0; at < high - low; at++) {
      weights[target * most + at] = sum > 0 ? (weights[target * most + at] as number) / sum : 1 / (high - low);
    }
  }
  return { first, count, weights, most };
}
