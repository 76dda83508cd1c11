// What a picture, or a face in it, looks like at a glance: a coarse grid of brightness, cheap enough for every frame. Tells
// whether this is still the scene, and the face, of the frame before; never who somebody is.
import { cosine } from '../geometry/cosine.js';
import type { Corners } from '../geometry/box.js';
import type { FrameView } from './frame-view.js';

/** Brightness of a grid's cells, with the mean taken out and of length 1: other light changes nothing. */
export type PictureLook = Float32Array;

const SCENE = { columns: 16, rows: 9 };
const FACE = { columns: 8, rows: 8 };
/** Points looked at in each direction of a cell. */
const POINTS = 3;

export function sceneLook(view: FrameView): PictureLook {
  return normalised(sceneBrightness(view));
}

/** Of a followed camera's frame both its tracks and the watch for frozen pictures ask. */
const scenes = new WeakMap<FrameView, Float32Array>();

/** Mean brightness of each cell, 0..255; of one view worked out once, and not to be changed. */
export function sceneBrightness(view: FrameView): Float32Array {
  const known = scenes.get(view);
  if (known !== undefined) return known;
  const whole = { x1: 0, y1: 0, x2: view.width, y2: view.height };
  const scene = brightnessOf(view, whole, SCENE).map((sum) => sum / (POINTS * POINTS));
  scenes.set(view, scene);
  return scene;
}

export function faceLook(view: FrameView, face: Corners): PictureLook {
  return normalised(brightnessOf(view, face, FACE));
}

/** -1..1: the correlation of two looks of one kind. */
export const lookAlike: (a: PictureLook, b: PictureLook) => number = cosine;

function brightnessOf(
  { pixels, channels, width, height }: FrameView,
  { x1, y1, x2, y2 }: Corners,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): Float32Array {
  const source = new Uint8Array(pixels);
  const xs = places(x1, x2, columns * POINTS, width);
  const ys = places(y1, y2, rows * POINTS, height);
  const look = new Float32Array(columns * rows);
  ys.forEach((y, j) => {
    const line = y * width * channels;
    const row = Math.floor(j / POINTS) * columns;
    xs.forEach((x, i) => {
      const cell = row + Math.floor(i / POINTS);
      look[cell] =
        (look[cell] as number) + (channels === 1 ? (source[line + x] as number) : brightness(source, line + x * channels));
    });
  });
  return look;
}

/** ITU-R BT.601, which JPEG has: that of a whole frame is the same as that of one decoded as brightness alone. */
function brightness(rgb: Uint8Array, at: number): number {
  return 0.299 * (rgb[at] as number) + 0.587 * (rgb[at + 1] as number) + 0.114 * (rgb[at + 2] as number);
}

/** Evenly spread from one edge to the other, kept inside of the picture. */
function places(from: number, to: number, count: number, size: number): number[] {
  const inside = (value: number): number => Math.min(size - 1, Math.max(0, Math.floor(value)));
  return Array.from({ length: count }, (_, index) => inside(from + ((to - from) * (index + 0.5)) / count));
}

function normalised(brightness: Float32Array): PictureLook {
  const mean = brightness.reduce((sum, value) => sum + value, 0) / brightness.length;
  const look = brightness.map((value) => value - mean);
  const length = look.reduce((sum, value) => sum + value ** 2, 0);
  const scale = length > 0 ? 1 / Math.sqrt(length) : 0;
  return look.map((value) => value * scale);
}
