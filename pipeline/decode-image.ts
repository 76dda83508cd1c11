// An image file's bytes to RGB pixels in shared memory: upright (EXIF), three channels, 8 bits, sRGB.
// jpeg-turbo decodes plain JPEG straight into that memory in a third of sharp's time; sharp does all the rest and has
// the last word on damaged files. Never called on the main thread.
import sharp, { type Metadata } from 'sharp';
import type { ErrorCode } from '../protocol/errors.js';
import { imageFormat } from './image-format.js';

sharp.cache(false);
sharp.concurrency(1);
// libvips would also load SVG, PDF, GIF and more, each with its own history of holes.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp'] });

interface JpegTurbo {
  readonly FORMAT_RGB: number;
  decompressSync(image: Buffer, out: Buffer, options: { format: number }): { width: number; height: number };
}
// Optional: prebuilt for the common platforms; where it is missing sharp decodes JPEG as well.
const jpegTurbo: JpegTurbo | null = await import('@julusian/jpeg-turbo').then(
  (module) => ('default' in module ? module.default : module) as JpegTurbo,
  () => null,
);

export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  /** RGB, 3 bytes a pixel, row by row; may be larger than needed. */
  readonly pixels: SharedArrayBuffer;
}
export interface ImageProblem {
  readonly code: Extract<ErrorCode, 'BAD_IMAGE' | 'UNSUPPORTED_MEDIA' | 'TOO_MANY_PIXELS'>;
  readonly message: string;
}

const GROWTH_STEP_BYTES = 1 << 20;

/** The given memory when it is large enough, otherwise new memory: frames of one camera reuse theirs for ever. */
function memoryFor(bytes: number, reuse: SharedArrayBuffer | null): SharedArrayBuffer {
  if (reuse !== null && reuse.byteLength >= bytes) return reuse;
  return new SharedArrayBuffer(Math.ceil(bytes / GROWTH_STEP_BYTES) * GROWTH_STEP_BYTES);
}

/**
 * @param image JPEG, PNG or WebP bytes, whole
 * @param reuse memory of an earlier frame, or null
 * @param maxPixels width x height beyond which nothing is decoded; read from the header
 * @returns the pixels, or what a client is told about a bad image: bad images are expected, so nothing is thrown for them
 */
export async function decodeImage(
  image: Uint8Array,
  reuse: SharedArrayBuffer | null,
  maxPixels: number,
): Promise<DecodedImage | ImageProblem> {
  if (image.byteLength === 0) return { code: 'BAD_IMAGE', message: 'The image is empty.' };
  if (imageFormat(image) === null) return { code: 'UNSUPPORTED_MEDIA', message: 'The bytes are not a JPEG, PNG or WebP image.' };
  let header: Metadata;
  try {
    header = await sharp(image, { limitInputPixels: false, failOn: 'error' }).metadata();
  } catch {
    return { code: 'BAD_IMAGE', message: 'The header of the image cannot be read.' };
  }
  const { width, height } = header;
  if (width * height > maxPixels) {
    return { code: 'TOO_MANY_PIXELS', message: `The image has ${width} x ${height} pixels; at most ${maxPixels} are decoded.` };
  }
  const upright = header.orientation === undefined || header.orientation === 1;
  const plainJpeg = header.format === 'jpeg' && upright && (header.channels === 3 || header.channels === 1);
  if (jpegTurbo !== null && plainJpeg) {
    const pixels = memoryFor(width * height * 3, reuse);
    try {
      const bytes = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
      jpegTurbo.decompressSync(bytes, Buffer.from(pixels), { format: jpegTurbo.FORMAT_RGB });
      return { width, height, pixels };
    } catch {
      // It refuses mere warnings too, such as the stray bytes that cheap cameras send: sharp decides.
    }
  }
  return decodeWithSharp(image, reuse, maxPixels);
}

async function decodeWithSharp(
  image: Uint8Array,
  reuse: SharedArrayBuffer | null,
  maxPixels: number,
): Promise<DecodedImage | ImageProblem> {
  try {
    const { data, info } = await sharp(image, { limitInputPixels: maxPixels, failOn: 'error', autoOrient: true })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const pixels = memoryFor(info.width * info.height * 3, reuse);
    const rgb = new Uint8Array(pixels);
    if (info.channels === 3) rgb.set(data);
    else spreadChannels(data, info.channels, rgb);
    return { width: info.width, height: info.height, pixels };
  } catch {
    return { code: 'BAD_IMAGE', message: 'The image is truncated or damaged.' };
  }
}

/** One or two channels (grey, grey and alpha) to RGB. */
function spreadChannels(data: Uint8Array, channels: number, rgb: Uint8Array): void {
  const count = data.length / channels;
  for (let pixel = 0, at = 0; pixel < count; pixel++) {
    const grey = data[pixel * channels] ?? 0;
    rgb[at++] = grey;
    rgb[at++] = grey;
    rgb[at++] = grey;
  }
}
