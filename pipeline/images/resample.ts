// Parts of a picture as input tensors: bilinear sampling of RGB pixels into float32 planes. The inner loops of
// preprocessing live here and in align.ts; they allocate nothing but a table per size.
import type { ImageInput } from '../../models/family.js';
import type { Rect } from '../geometry/box.js';

/** RGB pixels, 3 bytes each, row by row. */
export interface Picture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** How pixels of an input relate to pixels of the frame: `frame = input * scale + offset`. */
export interface InputGeometry {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly offsetX: number;
  readonly offsetY: number;
}

/** Two pixels and their weights for every sample along one axis; pixel centres as OpenCV has them, edges repeated. */
interface AxisTable {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly weight: Float32Array;
  /** Whether every weight is one half: the picture is made smaller by two or more. */
  readonly isHalves: boolean;
}

function axisTable(start: number, step: number, count: number, size: number, stride: number): AxisTable {
  const low = new Int32Array(count);
  const high = new Int32Array(count);
  const weight = new Float32Array(count);
  const inside = (position: number): number => Math.min(Math.max(position, 0), size - 1);
  for (let i = 0; i < count; i++) {
    const centre = start + (i + 0.5) * step - 0.5;
    if (step < 2) {
      const position = inside(centre);
      const floor = Math.floor(position);
      low[i] = floor * stride;
      high[i] = Math.min(floor + 1, size - 1) * stride;
      weight[i] = position - floor;
    } else {
      // Neighbours would leave out most of the picture and alias; the mean of the halves' middles costs the same.
      const first = Math.ceil(centre - step / 4 - 0.5);
      low[i] = inside(first) * stride;
      high[i] = inside(Math.round(2 * centre - first)) * stride;
      weight[i] = 0.5;
    }
  }
  return { low, high, weight, isHalves: step >= 2 };
}

/** Cameras keep their size, so the tables of frames are made once; the bound is for clients that vary it. */
const frameTables = new Map<string, AxisTable>();
function frameTable(start: number, length: number, count: number, size: number, stride: number): AxisTable {
  const key = `${start}+${length}/${size}>${count}*${stride}`;
  let table = frameTables.get(key);
  if (table === undefined) {
    if (frameTables.size >= 64) frameTables.clear();
    table = axisTable(start, length / count, count, size, stride);
    frameTables.set(key, table);
  }
  return table;
}

/** Where a picture, or a part of one, lands in an input: inside the margins, stretched over all of it or at one scale. */
function placement(
  picture: Pick<Picture, 'width' | 'height'>,
  input: ImageInput,
): { left: number; top: number; width: number; height: number } {
  const left = Math.round(input.width * (input.margin ?? 0));
  const top = Math.round(input.height * (input.margin ?? 0));
  const width = input.width - 2 * left;
  const height = input.height - 2 * top;
  if (input.fit === 'stretch') return { left, top, width, height };
  const scale = Math.min(width / picture.width, height / picture.height);
  const scaled = (size: number, most: number): number => Math.max(1, Math.min(most, Math.round(size * scale)));
  return { left, top, width: scaled(picture.width, width), height: scaled(picture.height, height) };
}

/** The geometry that `writeWholeFrame` will use, without writing. */
export function wholeFrameGeometry(picture: Picture, input: ImageInput): InputGeometry {
  return tileGeometry({ ...picture, left: 0, top: 0 }, input);
}

/** The geometry that `writeTile` will use, without writing. */
export function tileGeometry(tile: Rect, input: ImageInput): InputGeometry {
  const { left, top, width, height } = placement(tile, input);
  const scaleX = tile.width / width;
  const scaleY = tile.height / height;
  return { scaleX, scaleY, offsetX: tile.left - left * scaleX, offsetY: tile.top - top * scaleY };
}

/**
 * The whole picture as a detector's input.
 * @param out float32 planes (NCHW without N)
 */
export function writeWholeFrame(picture: Picture, input: ImageInput, out: Float32Array): void {
  writeTile(picture, { left: 0, top: 0, width: picture.width, height: picture.height }, input, out);
}

/** A part of the picture as a detector's input, as `writeWholeFrame` writes the whole. */
export function writeTile(picture: Picture, tile: Rect, input: ImageInput, out: Float32Array): void {
  const { left, top, width, height } = placement(tile, input);
  if (width < input.width || height < input.height) out.fill(((input.fill ?? 0) - input.mean) * input.scale);
  const columns = frameTable(tile.left, tile.width, width, picture.width, 3);
  const rows = frameTable(tile.top, tile.height, height, picture.height, picture.width * 3);
  writeSampled(picture, columns, rows, width, height, input, out, top * input.width + left);
}

/**
 * A square part of the picture as an input, for example around a face. What lies outside repeats the edge.
 * @param offset where in `out` the tensor of this crop begins
 */
export function writeSquareCrop(
  picture: Picture,
  left: number,
  top: number,
  side: number,
  input: ImageInput,
  out: Float32Array,
  offset: number,
): void {
  const columns = axisTable(left, side / input.width, input.width, picture.width, 3);
  const rows = axisTable(top, side / input.height, input.height, picture.height, picture.width * 3);
  writeSampled(picture, columns, rows, input.width, input.height, input, out, offset);
}

function writeSampled(
  picture: Picture,
  columns: AxisTable,
  rows: AxisTable,
  width: number,
  height: number,
  input: ImageInput,
  out: Float32Array,
  offset: number,
): void {
  const { data } = picture;
  const { mean, scale } = input;
  const plane = input.width * input.height;
  const grey = input.colour === 'grey';
  const redAt = offset + (input.colour === 'bgr' ? 2 * plane : 0);
  const greenAt = offset + plane;
  const blueAt = offset + (input.colour === 'bgr' ? 0 : 2 * plane);
  const { low: lowX, high: highX, weight: weightX } = columns;
  if (columns.isHalves && rows.isHalves && !grey) {
    // The common case, a camera's frame for the detector, without the weights: the same numbers in two thirds of the time.
    for (let y = 0; y < height; y++) {
      const row0 = rows.low[y] as number;
      const row1 = rows.high[y] as number;
      let at = y * input.width;
      for (let x = 0; x < width; x++, at++) {
        const x0 = lowX[x] as number;
        const x1 = highX[x] as number;
        const a = row0 + x0;
        const b = row0 + x1;
        const c = row1 + x0;
        const d = row1 + x1;
        const red = (data[a] as number) + (data[b] as number) + (data[c] as number) + (data[d] as number);
        const green = (data[a + 1] as number) + (data[b + 1] as number) + (data[c + 1] as number) + (data[d + 1] as number);
        const blue = (data[a + 2] as number) + (data[b + 2] as number) + (data[c + 2] as number) + (data[d + 2] as number);
        out[redAt + at] = (red / 4 - mean) * scale;
        out[greenAt + at] = (green / 4 - mean) * scale;
        out[blueAt + at] = (blue / 4 - mean) * scale;
      }
    }
    return;
  }
  for (let y = 0; y < height; y++) {
    const row0 = rows.low[y] as number;
    const row1 = rows.high[y] as number;
    const wy = rows.weight[y] as number;
    let at = y * input.width;
    for (let x = 0; x < width; x++, at++) {
      const x0 = lowX[x] as number;
      const x1 = highX[x] as number;
      const wx = weightX[x] as number;
      const a = row0 + x0;
      const b = row0 + x1;
      const c = row1 + x0;
      const d = row1 + x1;
      const wd = wx * wy;
      const wb = wx - wd;
      const wc = wy - wd;
      const wa = 1 - wx - wc;
      const red = (data[a] as number) * wa + (data[b] as number) * wb + (data[c] as number) * wc + (data[d] as number) * wd;
      const green =
        (data[a + 1] as number) * wa + (data[b + 1] as number) * wb + (data[c + 1] as number) * wc + (data[d + 1] as number) * wd;
      const blue =
        (data[a + 2] as number) * wa + (data[b + 2] as number) * wb + (data[c + 2] as number) * wc + (data[d + 2] as number) * wd;
      if (grey) {
        // ITU-R BT.601, as OpenCV's conversion to grey.
        out[offset + at] = (0.299 * red + 0.587 * green + 0.114 * blue - mean) * scale;
      } else {
        out[redAt + at] = (red - mean) * scale;
        out[greenAt + at] = (green - mean) * scale;
        out[blueAt + at] = (blue - mean) * scale;
      }
    }
  }
}
