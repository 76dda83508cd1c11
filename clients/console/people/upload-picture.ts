// Pictures as the service takes them: what it does not read, and what is too large for it, is made JPEG here by the browser, upright
// and at a size at which faces lose nothing.
import {
  HEAD_BYTES,
  JPEG_QUALITY,
  LARGE_BYTES,
  LONGEST_SIDE_PX,
  TAKEN_AS_IT_IS,
  pictureStart,
  type PictureKind,
} from '../../pictures/picture-kind.js';

/** Browsers believe the type of a file, which systems get wrong. */
const TYPES: Readonly<Record<PictureKind, string>> = {
  JPEG: 'image/jpeg',
  PNG: 'image/png',
  WebP: 'image/webp',
  GIF: 'image/gif',
  BMP: 'image/bmp',
  TIFF: 'image/tiff',
  AVIF: 'image/avif',
  HEIC: 'image/heic',
  'JPEG XL': 'image/jxl',
};

/** A picture of a kind that neither the service nor this browser reads. */
export class UnreadablePicture extends Error {
  override readonly name = 'UnreadablePicture';
  constructor(
    readonly kind: PictureKind,
    options?: ErrorOptions,
  ) {
    super(`this browser cannot read ${kind} pictures`, options);
  }
}

/**
 * @param options.smaller also where its bytes are few: the service has said that it is too large
 * @throws UnreadablePicture
 */
export async function uploadable(file: Blob, { smaller = false } = {}): Promise<Blob> {
  const { kind, before = 0 } = pictureStart(new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer())) ?? {};
  const isTaken = kind !== undefined && TAKEN_AS_IT_IS.has(kind);
  if (isTaken && file.size <= LARGE_BYTES && !smaller) return file;
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(kind === undefined ? file : file.slice(before, file.size, TYPES[kind]));
  } catch (cause) {
    // The service says what is wrong with a picture of its own kinds, and with what is none.
    if (isTaken || kind === undefined) return file;
    throw new UnreadablePicture(kind, { cause });
  }
  const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(bitmap.width, bitmap.height));
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  const canvas = new OffscreenCanvas(side(bitmap.width), side(bitmap.height));
  const context = canvas.getContext('2d');
  if (context === null) {
    // The browser has no memory for it.
    bitmap.close();
    if (isTaken || kind === undefined) return file;
    throw new UnreadablePicture(kind);
  }
  // What is transparent is seen on white, as at the service.
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas.convertToBlob({ type: 'image/jpeg', quality: JPEG_QUALITY / 100 });
}
