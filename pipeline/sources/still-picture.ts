// The picture that an address of a still answers with: read whole, and made a JPEG where it is something else.
import sharp from 'sharp';
import { NO_VIDEO, UNREAD_PICTURE, type Failure } from './failure.js';
import { JpegSplitter } from './jpeg-splitter.js';

/** What a picture is by its first bytes; null where it is none that is read. */
export type StillKind = 'mjpeg' | 'png' | 'webp';
/** As many bytes tell. */
export const TELLING_BYTES = 12;

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const [FF, SOI, EOI] = [0xff, 0xd8, 0xd9];

/** By its bytes and not by what the camera calls it: many call a PNG a JPEG, and some call it nothing. */
export function stillKind(bytes: Buffer): StillKind | null {
  if (bytes[0] === FF && bytes[1] === SOI) return 'mjpeg';
  if (bytes.subarray(0, PNG.length).equals(PNG)) return 'png';
  return bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP' ? 'webp' : null;
}

/** GIF, BMP, TIFF, and those in the boxes of video files (AVIF, HEIC). */
const UNREAD = /^(GIF8|BM|II\*\0|MM\0\*|....ftyp(avi|hei|hev|mif|msf))/s;
/** What phones put into a picture that has a smaller one, or one with more contrast, behind its end (CIPA DC-007). */
const SEVERAL_PICTURES = Buffer.from('MPF\0');

/** Whether further pictures behind the end of this one belong to it. */
export const hasMoreBehind = (jpeg: Uint8Array, scanAt: number): boolean =>
  Buffer.from(jpeg.buffer, jpeg.byteOffset, Math.min(scanAt, jpeg.length)).includes(SEVERAL_PICTURES);

/** Why bytes that are no picture are none. */
export const whyNoPicture = (bytes: Buffer): Failure =>
  UNREAD.test(bytes.toString('latin1', 0, TELLING_BYTES)) ? UNREAD_PICTURE : NO_VIDEO;

/** @returns a whole JPEG image, or null where the bytes are no picture of an allowed size */
export async function stillAsJpeg(bytes: Buffer, maxPixels: number): Promise<Buffer | null> {
  const kind = stillKind(bytes);
  if (kind === null) return null;
  if (kind !== 'mjpeg') {
    const image = sharp(bytes, { limitInputPixels: maxPixels, failOn: 'error' }).flatten().jpeg({ quality: 92 });
    return image.toBuffer().catch(() => null);
  }
  const [first] = new JpegSplitter(bytes.length).push(bytes);
  if (first !== undefined) return Buffer.from(first.buffer);
  // Some cameras leave the end marker out.
  return bytes.lastIndexOf(Buffer.of(FF, EOI)) < 0 ? Buffer.concat([bytes, Buffer.of(FF, EOI)]) : bytes;
}
