// Where a picture, or a part of one, lands in the input tensor of a served model.
import type { TensorInput } from '../../models/tensor-input.js';
import type { Rect } from '../geometry/box.js';
import type { InputGeometry } from './resample.js';

export interface Placement {
  /** What is taken of the picture, pixels, not always whole ones. */
  readonly from: Rect;
  /** Where in the input it is put, whole pixels. */
  readonly to: Rect;
}

/** @param part of the picture that is to be seen, in its pixels */
export function placementOf(part: Rect, { width, height, fit }: Pick<TensorInput, 'width' | 'height' | 'fit'>): Placement {
  const whole = { left: 0, top: 0, width, height };
  if (fit === 'stretch') return { from: part, to: whole };
  if (fit === 'letterbox') {
    const scale = Math.min(width / part.width, height / part.height);
    const scaled = (size: number, most: number): number => Math.max(1, Math.min(most, Math.round(size * scale)));
    return { from: part, to: { left: 0, top: 0, width: scaled(part.width, width), height: scaled(part.height, height) } };
  }
  const scale = Math.max(width / part.width, height / part.height);
  const [cutWidth, cutHeight] = [width / scale, height / scale];
  const from = {
    left: part.left + (part.width - cutWidth) / 2,
    top: part.top + (part.height - cutHeight) / 2,
    width: cutWidth,
    height: cutHeight,
  };
  return { from, to: whole };
}

/** How pixels of the input relate to pixels of the picture. */
export function geometryOf({ from, to }: Placement): InputGeometry {
  const scaleX = from.width / to.width;
  const scaleY = from.height / to.height;
  return { scaleX, scaleY, offsetX: from.left - to.left * scaleX, offsetY: from.top - to.top * scaleY };
}
