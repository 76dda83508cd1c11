// Face alignment: the similarity transform that carries five points onto an embedder's template, and the warp by it.
import type { ImageInput } from '../../../models/family.js';
import type { Picture } from '../../images/resample.js';

/** Carries a point of the crop into the frame: `X = a x - b y + tx`, `Y = b x + a y + ty`. */
export interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly tx: number;
  readonly ty: number;
}

/**
 * The least-squares similarity (rotation, uniform scale, shift; no mirroring) from one set of points to another:
 * Umeyama 1991, in the closed form that two dimensions allow.
 * @param from x, y, x, y, … in the crop
 * @param to the same points in the frame
 */
export function fitSimilarity(from: ArrayLike<number>, to: ArrayLike<number>): Similarity {
  const count = from.length / 2;
  let fromX = 0;
  let fromY = 0;
  let toX = 0;
  let toY = 0;
  for (let i = 0; i < count; i++) {
    fromX += from[2 * i] as number;
    fromY += from[2 * i + 1] as number;
    toX += to[2 * i] as number;
    toY += to[2 * i + 1] as number;
  }
  fromX /= count;
  fromY /= count;
  toX /= count;
  toY /= count;
  let dot = 0;
  let cross = 0;
  let norm = 0;
  for (let i = 0; i < count; i++) {
    const x = (from[2 * i] as number) - fromX;
    const y = (from[2 * i + 1] as number) - fromY;
    const u = (to[2 * i] as number) - toX;
    const v = (to[2 * i + 1] as number) - toY;
    dot += x * u + y * v;
    cross += x * v - y * u;
    norm += x * x + y * y;
  }
  const a = norm > 0 ? dot / norm : 1;
  const b = norm > 0 ? cross / norm : 0;
  return { a, b, tx: toX - a * fromX + b * fromY, ty: toY - b * fromX - a * fromY };
}

/**
 * The aligned face as an embedder's input, sampled bilinearly from the full picture; what lies outside is black,
 * as in the warps that these embedders were trained with.
 * @param offset where in `out` the tensor of this face begins
 */
export function writeAligned(
  picture: Picture,
  transform: Similarity,
  input: ImageInput,
  out: Float32Array,
  offset: number,
): void {
  const { data, width, height } = picture;
  const { mean, scale } = input;
  const { a, b, tx, ty } = transform;
  const plane = input.width * input.height;
  const redAt = offset + (input.colour === 'bgr' ? 2 * plane : 0);
  const greenAt = offset + plane;
  const blueAt = offset + (input.colour === 'bgr' ? 0 : 2 * plane);
  const stride = width * 3;
  const black = -mean * scale;
  let at = 0;
  for (let y = 0; y < input.height; y++) {
    let fx = -b * y + tx;
    let fy = a * y + ty;
    for (let x = 0; x < input.width; x++, at++, fx += a, fy += b) {
      const x0 = Math.floor(fx);
      const y0 = Math.floor(fy);
      if (x0 < 0 || y0 < 0 || x0 + 1 >= width || y0 + 1 >= height) {
        out[redAt + at] = black;
        out[greenAt + at] = black;
        out[blueAt + at] = black;
        continue;
      }
      const wx = fx - x0;
      const wy = fy - y0;
      const p = y0 * stride + x0 * 3;
      const q = p + stride;
      const wd = wx * wy;
      const wb = wx - wd;
      const wc = wy - wd;
      const wa = 1 - wx - wc;
      out[redAt + at] =
        ((data[p] as number) * wa +
          (data[p + 3] as number) * wb +
          (data[q] as number) * wc +
          (data[q + 3] as number) * wd -
          mean) *
        scale;
      out[greenAt + at] =
        ((data[p + 1] as number) * wa +
          (data[p + 4] as number) * wb +
          (data[q + 1] as number) * wc +
          (data[q + 4] as number) * wd -
          mean) *
        scale;
      out[blueAt + at] =
        ((data[p + 2] as number) * wa +
          (data[p + 5] as number) * wb +
          (data[q + 2] as number) * wc +
          (data[q + 5] as number) * wd -
          mean) *
        scale;
    }
  }
}
