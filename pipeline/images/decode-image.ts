// An image file's bytes to pixels in shared memory: upright (EXIF), RGB or their brightness alone, 8 bits, sRGB.
// jpeg-turbo decodes plain JPEG straight into that memory in a third of sharp's time; sharp does all the rest and has
// the last word on damaged files. Never called on the main thread.
import sharp from 'sharp';
import type { ErrorCode } from '../../protocol/errors.js';
import { countedPixels, tooDear } from './decoding-cost.js';
import { imageFormat, withoutBytesBefore } from './image-format.js';
import { readImageHeader, type ImageHeader } from './image-header.js';
import { endedJpeg } from './jpeg-end.js';
import { readJpegHeader } from './jpeg-header.js';
import { hasTooManyScans, mostScans } from './jpeg-scans.js';
import { pixelMemory } from '../frames/pixel-memory.js';
import { withoutExtraChunks } from './png-chunks.js';

sharp.cache(false);
sharp.concurrency(1);
// libvips would also load SVG, PDF, GIF and more, each with its own history of holes.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp'] });

interface JpegTurbo {
  readonly FORMAT_RGB: number;
  readonly FORMAT_GRAY: number;
  decompressSync(image: Buffer, out: Buffer, options: { format: number }): { width: number; height: number };
}
// Optional: prebuilt for the common platforms; where it is missing sharp decodes JPEG as well.
const jpegTurbo: JpegTurbo | null = await import('@julusian/jpeg-turbo').then(
  (module) => ('default' in module ? module.default : module) as JpegTurbo,
  () => null,
);

/** What of a picture is decoded: everything, or in two thirds of the time its brightness (1 channel). */
export type PixelFormat = 'rgb' | 'luma';
export const CHANNELS: Readonly<Record<PixelFormat, 1 | 3>> = { rgb: 3, luma: 1 };

export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  /** A byte a channel, row by row; may be larger than needed. */
  readonly pixels: SharedArrayBuffer;
}
export interface ImageProblem {
  readonly code: Extract<ErrorCode, 'BAD_IMAGE' | 'UNSUPPORTED_MEDIA' | 'TOO_MANY_PIXELS'>;
  readonly message: string;
}

/** What has to be known of an image before it may be decoded. */
interface Known extends ImageHeader {
  /** A JPEG image in grey or YCbCr that need not be turned. */
  readonly isPlainJpeg: boolean;
}

/**
 * @param given JPEG, PNG or WebP bytes, whole; a few before them and any behind them are passed over
 * @param reuse memory of an earlier frame, or null
 * @param maxPixels of an ordinary image (decoding-cost.ts): beyond them nothing is decoded; read from the header
 * @returns the pixels, or what a client is told about a bad image: bad images are expected, so nothing is thrown for them
 */
export async function decodeImage(
  given: Uint8Array,
  reuse: SharedArrayBuffer | null,
  maxPixels: number,
  format: PixelFormat = 'rgb',
): Promise<DecodedImage | ImageProblem> {
  if (given.byteLength === 0) return badImage('The image is empty.');
  const image = withoutBytesBefore(given);
  if (imageFormat(image) === null) return { code: 'UNSUPPORTED_MEDIA', message: 'The bytes are not a JPEG, PNG or WebP image.' };
  const coding = readJpegHeader(image)?.unread ?? null;
  if (coding !== null) return badImage(`JPEG images ${coding} are not read.`);
  const header = await headerOf(image);
  if (header === null) return badImage('The header of the image cannot be read.');
  const dear = tooDear(header, maxPixels);
  if (dear !== null) return { code: 'TOO_MANY_PIXELS', message: dear };
  const scans = mostScans(countedPixels(header) / maxPixels);
  if (hasTooManyScans(image, scans)) return badImage(`The JPEG image has more than ${scans} scans, and is not decoded.`);
  const jpeg = header.format === 'jpeg' ? endedJpeg(image) : { bytes: image, wasOpen: false };
  if (jpeg === null || (jpeg.wasOpen && (await isFilledUp(jpeg.bytes, header, maxPixels)))) return badImage(DAMAGED);
  let memory = reuse;
  const { width, height } = header;
  if (jpegTurbo !== null && header.isPlainJpeg) {
    const pixels = pixelMemory(width * height * CHANNELS[format], reuse);
    const turboFormat = format === 'rgb' ? jpegTurbo.FORMAT_RGB : jpegTurbo.FORMAT_GRAY;
    try {
      const bytes = Buffer.from(jpeg.bytes.buffer, jpeg.bytes.byteOffset, jpeg.bytes.byteLength);
      const decoded = jpegTurbo.decompressSync(bytes, Buffer.from(pixels), { format: turboFormat });
      if (decoded.width === width && decoded.height === height) return { width, height, pixels };
    } catch {
      // It refuses mere warnings too, such as the stray bytes that cheap cameras send: sharp decides.
    }
    memory = pixels;
  }
  return decodeWithSharp(jpeg.bytes, header, { wasOpen: jpeg.wasOpen, reuse: memory, maxPixels, format });
}

/** @returns null when it cannot be read */
async function headerOf(image: Uint8Array): Promise<Known | null> {
  const header = readImageHeader(image);
  if (header?.format === 'png' || header?.format === 'webp') return { ...header, isPlainJpeg: false };
  const jpeg = readJpegHeader(image);
  const orientation = jpeg?.orientation ?? null;
  if (header !== null && orientation !== null) return { ...header, isPlainJpeg: orientation === 1 && isPlain(header.channels) };
  if (imageFormat(image) !== 'jpeg') return null;
  try {
    const { width, height, orientation, channels } = await sharp(unshared(image), {
      limitInputPixels: false,
      failOn: 'error',
    }).metadata();
    const isUpright = orientation === undefined || orientation === 1;
    return {
      format: 'jpeg',
      width,
      height,
      channels,
      depth: 8,
      isInterlaced: false,
      isPlainJpeg: isUpright && isPlain(channels),
    };
  } catch {
    return null;
  }
}

const isPlain = (channels: number): boolean => channels === 1 || channels === 3;

/** What libjpeg warns of where the data ends before the picture does: the header says another size, or the rest is missing. */
const ENDS_TOO_EARLY = /premature end|marker 0xd9 instead of RST/;

/** Rows at the bottom that may be missing where the end marker is: two rows of blocks, of small pictures an eighth. */
const mostRowsMissing = (height: number): number => Math.min(32, Math.floor(height / 8));

interface SharpOptions {
  readonly wasOpen: boolean;
  readonly reuse: SharedArrayBuffer | null;
  readonly maxPixels: number;
  readonly format: PixelFormat;
}

async function decodeWithSharp(
  image: Uint8Array,
  header: ImageHeader,
  { wasOpen, reuse, maxPixels, format }: SharpOptions,
): Promise<DecodedImage | ImageProblem> {
  const bytes = header.format === 'png' ? withoutExtraChunks(unshared(image)) : unshared(image);
  const decode = (failOn: 'warning' | 'error') =>
    sharp(bytes, {
      limitInputPixels: maxPixels,
      failOn,
      autoOrient: true,
      // jpeg-turbo knows none either, and turning colours by one takes longer than all the rest.
      ignoreIcc: true,
    })
      .flatten({ background: '#ffffff' })
      .toColourspace(format === 'rgb' ? 'srgb' : 'b-w')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
  try {
    const strictly = () => (wasOpen ? decodeAllButLastRows(bytes, header, maxPixels) : decode('warning'));
    const { data, info } = await (header.format === 'jpeg' ? decodeJpeg(strictly, () => decode('error')) : decode('error'));
    const channels = CHANNELS[format];
    const pixels = pixelMemory(info.width * info.height * channels, reuse);
    const out = new Uint8Array(pixels);
    if (info.channels === channels) out.set(data);
    else spreadFirstChannel(data, info.channels, out, channels);
    return { width: info.width, height: info.height, pixels };
  } catch {
    return badImage(DAMAGED);
  }
}

interface Decoded {
  readonly data: Buffer;
  readonly info: { readonly width: number; readonly height: number; readonly channels: number };
}

/**
 * Mere warnings are let pass, after libjpeg has said what they are: at the first, so that it costs little.
 *
 * @param strictly fails at the first warning; null says that there is none where it matters
 */
async function decodeJpeg(strictly: () => Promise<Decoded | null>, leniently: () => Promise<Decoded>): Promise<Decoded> {
  try {
    return (await strictly()) ?? (await leniently());
  } catch (error) {
    if (error instanceof Error && ENDS_TOO_EARLY.test(error.message)) throw error;
    return leniently();
  }
}

/** Whether everything is there but for a few rows at the bottom. */
async function decodeAllButLastRows(bytes: Uint8Array, header: ImageHeader, maxPixels: number): Promise<null> {
  await goThrough(bytes, header.height - mostRowsMissing(header.height), header, maxPixels);
  return null;
}

/** Decodes so many rows from the top without keeping their pixels. @throws Error at the first warning */
async function goThrough(bytes: Uint8Array, rows: number, { width }: ImageHeader, maxPixels: number): Promise<void> {
  await sharp(bytes, { limitInputPixels: maxPixels, failOn: 'warning', ignoreIcc: true })
    .extract({ left: 0, top: 0, width, height: rows })
    .resize(8, 8, { fit: 'fill' })
    .raw()
    .toBuffer();
}

/** Fewer at the end are no sign of a file that was filled up. */
const LEAST_ZEROS = 64;

/**
 * Whether zeros stand where the rest of the picture should be, as in files that were given their size before they came whole: decoders
 * take zeros for data, and warn of nothing.
 *
 * @param open ends with an end marker that was put there
 */
async function isFilledUp(open: Uint8Array, header: ImageHeader, maxPixels: number): Promise<boolean> {
  const zeros = zerosAtTheEnd(open.subarray(0, -2));
  if (zeros < LEAST_ZEROS) return false;
  const bare = open.subarray(0, -2 - zeros);
  const endsTooEarly = async (withZeros: number, rows: number): Promise<boolean> => {
    try {
      await goThrough(Buffer.concat([bare, Buffer.alloc(withZeros), open.subarray(-2)]), rows, header, maxPixels);
      return false;
    } catch (error) {
      return error instanceof Error && ENDS_TOO_EARLY.test(error.message);
    }
  };
  if (!(await endsTooEarly(0, header.height - mostRowsMissing(header.height)))) return false;
  // The last rows of an even picture may be zeros in truth: then there are just as many as it takes, or hardly fewer.
  const { height } = header;
  return (await endsTooEarly(zeros + LEAST_ZEROS, height)) || !(await endsTooEarly(zeros - LEAST_ZEROS, height));
}

function zerosAtTheEnd(bytes: Uint8Array): number {
  let at = bytes.length;
  while (at > 0 && bytes[at - 1] === 0) at--;
  return bytes.length - at;
}

const DAMAGED = 'The image is truncated or damaged.';
const badImage = (message: string): ImageProblem => ({ code: 'BAD_IMAGE', message });

/** One or two channels (grey, grey and alpha) to those that are wanted. */
function spreadFirstChannel(data: Uint8Array, channels: number, out: Uint8Array, wanted: number): void {
  const count = data.length / channels;
  for (let pixel = 0; pixel < count; pixel++) out.fill(data[pixel * channels] ?? 0, pixel * wanted, (pixel + 1) * wanted);
}

/** sharp takes no memory that threads share. */
function unshared(image: Uint8Array): Uint8Array {
  return image.buffer instanceof SharedArrayBuffer ? new Uint8Array(image) : image;
}
