// What the first bytes of an image say of its size and of how it is stored, read in microseconds on any thread. Nothing is
// decoded and nothing guessed: what is not certain is null, and whoever asks then lets a whole decoder look.
import { imageFormat, withoutBytesBefore, type ImageFormat } from './image-format.js';
import { readJpegHeader } from './jpeg-header.js';

export interface ImageHeader {
  readonly format: ImageFormat;
  /** As stored, before EXIF orientation. */
  readonly width: number;
  readonly height: number;
  /** Samples of a pixel; 0 where the header does not say. */
  readonly channels: number;
  /** Bits of a sample. */
  readonly depth: number;
  /** A PNG image that has all of its pixels seven times over, coarse to fine: decoders hold it as a whole. */
  readonly isInterlaced: boolean;
}

const PNG_CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const PNG_HEADER_BYTES = 33;
const WEBP_HEADER_BYTES = 30;

/** @returns null for what is no JPEG, PNG or WebP image, and for one whose header is cut short or written in an unusual way */
export function readImageHeader(bytes: Uint8Array): ImageHeader | null {
  const image = withoutBytesBefore(bytes);
  switch (imageFormat(image)) {
    case 'jpeg': {
      const header = readJpegHeader(image);
      if (header === null) return null;
      const { width, height, components: channels } = header;
      return { format: 'jpeg', width, height, channels, depth: 8, isInterlaced: false };
    }
    case 'png':
      return pngHeader(image);
    case 'webp':
      return webpHeader(image);
    case null:
      return null;
  }
}

/** The first chunk has to be IHDR (PNG, third edition, 11.2.1). */
function pngHeader(image: Uint8Array): ImageHeader | null {
  if (image.length < PNG_HEADER_BYTES || textAt(image, 12) !== 'IHDR') return null;
  const view = viewOf(image);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const channels = PNG_CHANNELS[view.getUint8(25)];
  if (width === 0 || height === 0 || channels === undefined) return null;
  return { format: 'png', width, height, channels, depth: view.getUint8(24), isInterlaced: view.getUint8(28) !== 0 };
}

/** RFC 9649: the size of the canvas (VP8X), or of the one frame there is, lossless (VP8L) or lossy (VP8). */
function webpHeader(image: Uint8Array): ImageHeader | null {
  if (image.length < WEBP_HEADER_BYTES) return null;
  const view = viewOf(image);
  const sized = (width: number, height: number): ImageHeader => {
    return { format: 'webp', width, height, channels: 0, depth: 8, isInterlaced: false };
  };
  switch (textAt(image, 12)) {
    case 'VP8X':
      return sized((view.getUint32(23, true) >>> 8) + 1, (view.getUint32(26, true) >>> 8) + 1);
    case 'VP8L': {
      const bits = view.getUint32(21, true);
      return view.getUint8(20) === 0x2f ? sized((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1) : null;
    }
    case 'VP8 ': {
      const [width, height] = [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
      return width === 0 || height === 0 ? null : sized(width, height);
    }
    default:
      return null;
  }
}

const textAt = (image: Uint8Array, at: number): string => String.fromCharCode(...image.subarray(at, at + 4));
const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView => new DataView(buffer, byteOffset, byteLength);
