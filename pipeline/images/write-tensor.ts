// A picture, or a part of one, as the input tensor of a served model: resampled as its training had it, in its layout, order of
// channels, scaling and type. Rows are made narrow first and then added up, so that every source pixel is read once.
import { channelCount, type TensorInput } from '../../models/tensor-input.js';
import type { Rect } from '../geometry/box.js';
import { axisWeights, type AxisWeights } from './axis-weights.js';
import type { InputGeometry, Picture } from './resample.js';
import { geometryOf, placementOf } from './tensor-placement.js';

export type TensorData = Float32Array | Uint8Array | Int8Array;

const BYTES: Readonly<Record<TensorInput['dtype'], number>> = { float32: 4, uint8: 1, int8: 1 };

/** Bytes of one picture's tensor. */
export function tensorBytes(input: TensorInput): number {
  return input.width * input.height * channelCount(input) * BYTES[input.dtype];
}

/** One picture's tensor in memory, from `offset` on, bytes: a multiple of 4. */
export function tensorIn(memory: SharedArrayBuffer | ArrayBuffer, offset: number, input: TensorInput): TensorData {
  const count = tensorBytes(input) / BYTES[input.dtype];
  if (input.dtype === 'float32') return new Float32Array(memory, offset, count);
  return input.dtype === 'uint8' ? new Uint8Array(memory, offset, count) : new Int8Array(memory, offset, count);
}

/** Cameras keep their size, so the weights of frames are made once; the bound is for clients that vary it. */
const kept = new Map<string, AxisWeights>();
const MOST_KEPT = 32;

function weightsFor(...[start, length, targets, bounds, resample]: Parameters<typeof axisWeights>): AxisWeights {
  const key = `${start}+${length}/${bounds.join('-')}>${targets} ${resample}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  if (kept.size >= MOST_KEPT) kept.clear();
  const made = axisWeights(start, length, targets, bounds, resample);
  kept.set(key, made);
  return made;
}

/**
 * @param part of the picture that is to be seen, in its pixels, at least partly inside
 * @param out of `tensorIn`
 * @returns how pixels of the input relate to pixels of the picture
 */
export function writeTensor(picture: Picture, part: Rect, input: TensorInput, out: TensorData): InputGeometry {
  const placement = placementOf(part, input);
  const { from, to } = placement;
  const across = pixelsOf(part.left, part.width, picture.width);
  const down = pixelsOf(part.top, part.height, picture.height);
  const columns = weightsFor(from.left, from.width, to.width, across, input.resample);
  const rows = weightsFor(from.top, from.height, to.height, down, input.resample);
  const writer = new TensorWriter(input, out);
  if (to.width < input.width || to.height < input.height) writer.fill();
  const isExact = input.resample === 'antialias';
  const width3 = to.width * 3;
  const sums = new Float32Array(width3);
  // Rows that were made narrow, by number: each is used for a few target rows.
  const narrow = new Map<number, Float32Array>();
  const spare: Float32Array[] = [];
  for (let y = 0; y < to.height; y++) {
    const first = rows.first[y] as number;
    const count = rows.count[y] as number;
    for (const [row, memory] of narrow) {
      if (row >= first) continue;
      narrow.delete(row);
      spare.push(memory);
    }
    sums.fill(0);
    for (let at = 0; at < count; at++) {
      const weight = rows.weights[y * rows.most + at] as number;
      const row = first + at;
      let line = narrow.get(row);
      if (line === undefined) {
        line = spare.pop() ?? new Float32Array(width3);
        narrowRow(picture, row, columns, to.width, line, isExact);
        narrow.set(row, line);
      }
      if (weight === 0) continue;
      for (let i = 0; i < width3; i++) sums[i] = (sums[i] as number) + (line[i] as number) * weight;
    }
    if (isExact) for (let i = 0; i < width3; i++) sums[i] = ((sums[i] as number) + 0.5) | 0;
    writer.row(sums, to.left, to.top + y, to.width);
  }
  return geometryOf(placement);
}

/** The pixels of a part along one axis, also those that it has but a piece of: its neighbours are none of it. */
function pixelsOf(start: number, length: number, size: number): readonly [number, number] {
  const least = Math.min(Math.max(0, Math.floor(start)), size - 1);
  return [least, Math.max(least + 1, Math.min(size, Math.ceil(start + length)))];
}

/** @param isExact rounds to whole values, as PIL does between its two passes */
function narrowRow(
  { data, width }: Picture,
  row: number,
  { first, count, weights, most }: AxisWeights,
  targets: number,
  out: Float32Array,
  isExact: boolean,
): void {
  const line = row * width * 3;
  for (let x = 0; x < targets; x++) {
    let at = line + (first[x] as number) * 3;
    let red = 0;
    let green = 0;
    let blue = 0;
    const from = x * most;
    const to = from + (count[x] as number);
    for (let i = from; i < to; i++, at += 3) {
      const weight = weights[i] as number;
      red += (data[at] as number) * weight;
      green += (data[at + 1] as number) * weight;
      blue += (data[at + 2] as number) * weight;
    }
    out[x * 3] = isExact ? (red + 0.5) | 0 : red;
    out[x * 3 + 1] = isExact ? (green + 0.5) | 0 : green;
    out[x * 3 + 2] = isExact ? (blue + 0.5) | 0 : blue;
  }
}

const RANGES = { float32: null, uint8: [0, 255], int8: [-128, 127] } as const;

/** Puts pixels where the tensor has them. */
class TensorWriter {
  readonly #input: TensorInput;
  readonly #out: TensorData;
  readonly #range: readonly [number, number] | null;
  /** From one pixel to the next, and from one channel to the next. */
  readonly #pixelStep: number;
  readonly #channelStep: number;

  constructor(input: TensorInput, out: TensorData) {
    this.#input = input;
    this.#out = out;
    this.#range = RANGES[input.dtype];
    const channels = channelCount(input);
    const isPlanar = input.layout === 'nchw';
    this.#pixelStep = isPlanar ? 1 : channels;
    this.#channelStep = isPlanar ? input.width * input.height : 1;
  }

  /** All of it with the value of what is left free. */
  fill(): void {
    const { width, height, fill } = this.#input;
    const row = new Float32Array(width * 3).fill(fill);
    for (let y = 0; y < height; y++) this.row(row, 0, y, width);
  }

  /** Pixels of RGB, 0..255. */
  row(pixels: Float32Array, left: number, top: number, count: number): void {
    const { channels, width, mean, scale } = this.#input;
    const at = (top * width + left) * this.#pixelStep;
    if (channels === 'grey') {
      const [m = 0] = mean;
      const [s = 1] = scale;
      for (let x = 0; x < count; x++) {
        // ITU-R BT.601, as OpenCV's and PIL's conversions to grey.
        const value =
          0.299 * (pixels[3 * x] as number) + 0.587 * (pixels[3 * x + 1] as number) + 0.114 * (pixels[3 * x + 2] as number);
        this.#put(at + x * this.#pixelStep, (value - m) * s);
      }
      return;
    }
    for (let channel = 0; channel < 3; channel++) {
      const source = channels === 'bgr' ? 2 - channel : channel;
      const m = mean[channel] ?? 0;
      const s = scale[channel] ?? 1;
      const start = at + channel * this.#channelStep;
      for (let x = 0; x < count; x++) this.#put(start + x * this.#pixelStep, ((pixels[3 * x + source] as number) - m) * s);
    }
  }

  #put(at: number, value: number): void {
    this.#out[at] = this.#range === null ? value : Math.min(this.#range[1], Math.max(this.#range[0], Math.round(value)));
  }
}
