// Which kind of image some bytes are, by their signature alone: names and declared types are never believed.

export type ImageFormat = 'jpeg' | 'png' | 'webp';

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;
const RIFF = [0x52, 0x49, 0x46, 0x46] as const;
const WEBP = [0x57, 0x45, 0x42, 0x50] as const;

function startsWith(bytes: Uint8Array, signature: readonly number[], offset = 0): boolean {
  return signature.every((value, index) => bytes[offset + index] === value);
}

/** @returns the format whose signature the bytes begin with, or null: nothing else is ever decoded */
export function imageFormat(bytes: Uint8Array): ImageFormat | null {
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return 'jpeg';
  if (startsWith(bytes, PNG)) return 'png';
  if (startsWith(bytes, RIFF) && startsWith(bytes, WEBP, 8)) return 'webp';
  return null;
}

/** TIFF files may hold a JPEG image right behind their header: it is a strip of the picture, not the picture. */
const TIFF = [
  [0x49, 0x49, 0x2a, 0x00],
  [0x4d, 0x4d, 0x00, 0x2a],
  // BigTIFF.
  [0x49, 0x49, 0x2b, 0x00],
  [0x4d, 0x4d, 0x00, 0x2b],
] as const;

/** More than a byte order mark, some line breaks or a length in front; less than what other files begin with before a picture. */
const MOST_BYTES_BEFORE = 16;

/**
 * An image without the few bytes that some programs send before it. One function for every door, so that the same image is
 * taken everywhere.
 *
 * @returns the same bytes where they begin with an image, and where there is none
 */
export function withoutBytesBefore(bytes: Uint8Array): Uint8Array {
  if (TIFF.some((signature) => startsWith(bytes, signature))) return bytes;
  for (let before = 0; before <= MOST_BYTES_BEFORE; before++) {
    const image = bytes.subarray(before);
    if (imageFormat(image) !== null) return image;
  }
  return bytes;
}
