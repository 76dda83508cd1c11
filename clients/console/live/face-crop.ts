// The face's part of a frame as a small picture, for the eye alone: what is enrolled is what the service saw.
import type { Box } from '../../../protocol/payloads.js';

const SIDE_PX = 240;
/** Air around the face, as a share of its box. */
const MARGIN = 0.3;

/** A JPEG; undefined where the frame is gone. */
export async function faceCrop(image: ImageBitmap, [x, y, width, height]: Box): Promise<Uint8Array | undefined> {
  if (image.width === 0) return undefined;
  const side = Math.max(width, height) * (1 + 2 * MARGIN);
  const left = x + width / 2 - side / 2;
  const top = y + height / 2 - side / 2;
  const canvas = new OffscreenCanvas(SIDE_PX, SIDE_PX);
  canvas.getContext('2d')?.drawImage(image, left, top, side, side, 0, 0, SIDE_PX, SIDE_PX);
  const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
  return new Uint8Array(await blob.arrayBuffer());
}
