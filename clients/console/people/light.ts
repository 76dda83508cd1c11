// How bright a face and the picture around it are. A few pixels are enough.
import type { Box } from '../../../protocol/payloads.js';
import type { Light } from './guidance.js';

const SIDE_PX = 16;
let canvas: OffscreenCanvas | undefined;

/** Mean luma (Rec. 601); undefined where the browser does not let the pixels be read. */
export function lightOf(image: ImageBitmap, face: Box): Light | undefined {
  const ofFace = lumaOf(image, face);
  const ofPicture = lumaOf(image, [0, 0, image.width, image.height]);
  return ofFace === undefined || ofPicture === undefined ? undefined : { face: ofFace, picture: ofPicture };
}

function lumaOf(image: ImageBitmap, [x, y, width, height]: Box): number | undefined {
  canvas ??= new OffscreenCanvas(SIDE_PX, SIDE_PX);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return undefined;
  context.fillRect(0, 0, SIDE_PX, SIDE_PX);
  try {
    context.drawImage(image, x, y, width, height, 0, 0, SIDE_PX, SIDE_PX);
  } catch {
    return undefined;
  }
  const { data } = context.getImageData(0, 0, SIDE_PX, SIDE_PX);
  let sum = 0;
  for (let at = 0; at < data.length; at += 4)
    sum += 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
  return sum / (data.length / 4);
}
