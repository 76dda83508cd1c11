// Taking pictures: what a camera stream needs of whoever turns a moving picture into JPEGs.
import type { CaptureSettings } from './capture-settings.js';

/** One picture, as pixels and as the bytes to send; both of the same moment and size. */
export interface Picture {
  readonly image: ImageBitmap;
  readonly jpeg: ArrayBuffer;
  /** Unix ms at which it was taken. */
  readonly ts: number;
  /** What the source gave, before it was scaled: a phone turns, and a camera is switched to another size, while it sends. */
  readonly source: SourceSize;
}

export interface SourceSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

export interface Capture {
  readonly kind: 'worker' | 'page';
  /**
   * The newest picture, once there is a newer one than the last. Not to be called again before it has settled.
   *
   * @returns undefined when the source has ended or the capture was closed
   * @throws CameraError `not_playable` when the pixels may not be read
   */
  take(settings: Pick<CaptureSettings, 'sidePx' | 'quality'>): Promise<Picture | undefined>;
  close(): void;
}

/** Size to send a picture of this size at: never enlarged, even, of the same shape, its longer side no longer than `toSidePx`. */
export function scaledSize(widthPx: number, heightPx: number, toSidePx: number): readonly [widthPx: number, heightPx: number] {
  const scale = Math.min(1, toSidePx / Math.max(widthPx, heightPx));
  const even = (px: number) => Math.max(2, 2 * Math.round((px * scale) / 2));
  return scale === 1 ? [widthPx, heightPx] : [even(widthPx), even(heightPx)];
}
