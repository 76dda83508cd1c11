// How many scans a JPEG image has. Each may go over every block of the picture again and need no more than a dozen bytes for
// it: a file of some kilobytes can ask a decoder for minutes of work, and libjpeg has no bound of its own.
import { readJpegHeader } from './jpeg-header.js';

/** Encoders write about ten, three to four for each component; the finest progressions that tools offer are a few dozen. */
export const MOST_SCANS = 64;
/** Of an image of the most pixels: as much work as 64 of one with a quarter of them. */
const MOST_SCANS_OF_LARGEST = 16;

/** How many scans an image may have. @param part of the most pixels, that it has, 0..1 */
export function mostScans(part: number): number {
  return Math.min(MOST_SCANS, Math.floor(MOST_SCANS_OF_LARGEST / part));
}

export const FF = 0xff;
/** Lower ones mean nothing; 0 says that the byte FF before it is one of the picture. */
const LEAST_CODE = 0xc0;
const RST0 = 0xd0;
const SOI = 0xd8;
export const EOI = 0xd9;
export const SOS = 0xda;

/**
 * Whether a JPEG image is not worth beginning with. The bytes are gone through only where there may be several scans: those
 * of an ordinary picture of a camera are not, their header says that there is one.
 */
export function hasTooManyScans(image: Uint8Array, most = MOST_SCANS): boolean {
  if (image[0] !== FF || image[1] !== SOI || readJpegHeader(image)?.hasOneScan === true) return false;
  // Much faster at finding a byte than the array that it is.
  const bytes = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  let scans = 0;
  for (let at = bytes.indexOf(FF, 2); at >= 0; at = bytes.indexOf(FF, at)) {
    const code = bytes[at + 1] ?? EOI;
    if (code === EOI) return false;
    if (code === SOS && ++scans > most) return true;
    at += markerBytes(bytes, at, code);
  }
  return false;
}

/**
 * How many bytes to pass over at a marker, as libjpeg does: it takes any bytes between segments and FF several times before a code, and
 * with restart markers it passes over codes that mean nothing. Were more passed over here, scans could be hidden there.
 */
export function markerBytes(bytes: Buffer, at: number, code: number): number {
  if (code === FF) return 1;
  const hasLength = code >= LEAST_CODE && (code < RST0 || code > SOI) && at + 4 <= bytes.length;
  return hasLength ? 2 + Math.max(2, bytes.readUInt16BE(at + 2)) : 2;
}
