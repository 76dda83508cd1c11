// What the header of a JPEG image says, read in microseconds. It takes well-formed headers alone and never guesses: what it
// does not know for certain is null, and whoever asks then lets a whole decoder look.
import { exifOrientation, isExif } from './exif-orientation.js';

const FF = 0xff;
const SOS = 0xda;
const APP1 = 0xe1;
/** Markers that stand alone, without a length. */
const RST0 = 0xd0;
const EOI = 0xd9;
const TEM = 0x01;

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1 for grey, 3 for colour. */
  readonly components: number;
  /** How it is to be turned, as EXIF numbers it: 1 (upright) to 8. Null where its EXIF data does not say so for certain. */
  readonly orientation: number | null;
  /** Whether a decoder goes over the picture once: it is not progressive, and its first scan has all the components. */
  readonly hasOneScan: boolean;
  /** How it is coded, where that is a way that is not read, as hardly anything writes it; null for all usual ones. */
  readonly unread: string | null;
  /** Where the first scan begins: what comes before it may hold the time, what comes after is the picture. */
  readonly scanAt: number;
}

/** SOF0 to SOF15, without DHT, JPG and DAC, which stand between them. */
const isFrameHeader = (code: number): boolean => code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc;

/** SOF2, SOF6, SOF10, SOF14. */
const isProgressive = (code: number): boolean => (code & 0x03) === 2;

/**
 * SOF9 to SOF15 are coded arithmetically: of these, data that ends too early cannot be told from whole. SOF3 is lossless, SOF5 to SOF7
 * are of several sizes.
 */
function unreadCoding(code: number, depth: number): string | null {
  if (code >= 0xc9) return 'in arithmetic coding';
  if (code === 0xc3) return 'in lossless coding';
  if (code >= 0xc5) return 'in hierarchical coding';
  return depth === 8 ? null : `of ${depth} bits`;
}

/** @returns null for anything but a header that any decoder reads the same way (ITU T.81, annex B), up to its first scan */
export function readJpegHeader(image: Uint8Array): JpegHeader | null {
  if (image[0] !== FF || image[1] !== 0xd8) return null;
  const uint16 = (at: number): number => ((image[at] ?? 0) << 8) | (image[at + 1] ?? 0);
  let orientation: number | null | undefined;
  let frame: Pick<JpegHeader, 'width' | 'height' | 'components'> | null = null;
  let frameCode = 0;
  let unread: string | null = null;
  for (let at = 2; at + 4 <= image.length;) {
    const code = image[at + 1] ?? 0;
    if (image[at] !== FF || code === FF || code === 0 || code === TEM || (code >= RST0 && code <= EOI)) return null;
    if (code === SOS) {
      if (frame === null) return null;
      const hasOneScan = !isProgressive(frameCode) && image[at + 4] === frame.components;
      return { ...frame, orientation: orientation === undefined ? 1 : orientation, hasOneScan, unread, scanAt: at };
    }
    if (isFrameHeader(code)) {
      if (frame !== null) return null;
      frameCode = code;
      unread = unreadCoding(code, image[at + 4] ?? 0);
      frame = { height: uint16(at + 5), width: uint16(at + 7), components: image[at + 9] ?? 0 };
      if (frame.width === 0 || frame.height === 0) return null;
    }
    const length = uint16(at + 2);
    if (length < 2) return null;
    const segment = image.subarray(at + 4, at + 2 + length);
    // Of two, readers might take either.
    if (code === APP1 && isExif(segment)) orientation = orientation === undefined ? exifOrientation(segment) : null;
    at += 2 + length;
  }
  return null;
}
