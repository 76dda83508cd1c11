// Small pictures of faces for events. The pixels are copied at once, since the frame's memory is soon another frame's; the
// encoding happens afterwards, off this thread.
import sharp from 'sharp';
import type { FrameView } from '../../images/frame-view.js';
import type { FoundFace } from './face-items.js';

export interface FaceCut {
  /** Of its pixels, which are kept until it is encoded. */
  readonly bytes: number;
  toJpeg(): Promise<Uint8Array>;
}

/** Of the face's longer side, added around it: hair and chin make a face easy to recognise for people. */
const MARGIN = 0.3;
const LONGEST_SIDE_PX = 160;
const JPEG_QUALITY = 82;
const CHANNELS = 3;

/** Cuts a face with some margin out of a frame. */
export function cutFace({ pixels, width, height }: FrameView, { x1, y1, x2, y2 }: FoundFace): FaceCut {
  const margin = MARGIN * Math.max(x2 - x1, y2 - y1);
  const left = clamp(Math.floor(x1 - margin), 0, width - 1);
  const top = clamp(Math.floor(y1 - margin), 0, height - 1);
  const cutWidth = clamp(Math.ceil(x2 + margin), left + 1, width) - left;
  const cutHeight = clamp(Math.ceil(y2 + margin), top + 1, height) - top;
  const source = new Uint8Array(pixels);
  const cut = Buffer.allocUnsafe(cutWidth * cutHeight * CHANNELS);
  for (let y = 0; y < cutHeight; y++) {
    const from = ((top + y) * width + left) * CHANNELS;
    cut.set(source.subarray(from, from + cutWidth * CHANNELS), y * cutWidth * CHANNELS);
  }
  return {
    bytes: cut.byteLength,
    toJpeg: () =>
      sharp(cut, { raw: { width: cutWidth, height: cutHeight, channels: CHANNELS } })
        .resize(LONGEST_SIDE_PX, LONGEST_SIDE_PX, { fit: 'inside', withoutEnlargement: true })
        .jpeg({ quality: JPEG_QUALITY })
        .toBuffer(),
  };
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
