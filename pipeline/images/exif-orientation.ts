// How EXIF data says that a picture is to be turned. As of the header that it stands in, what is not certain is null, and a
// whole decoder looks.

const IDENTIFIER = [0x45, 0x78, 0x69, 0x66, 0, 0] as const;
const LITTLE_ENDIAN = 0x4949;
const BIG_ENDIAN = 0x4d4d;
const MAGIC = 42;
const TIFF_HEADER_BYTES = 8;
const ENTRY_BYTES = 12;
const ORIENTATION = 0x0112;
const SHORT = 3;

/** Whether the content of an APP1 segment is EXIF data; XMP has the same marker. */
export const isExif = (segment: Uint8Array): boolean => IDENTIFIER.slice(0, 4).every((byte, at) => segment[at] === byte);

/**
 * @param segment content of an APP1 segment
 * @returns 1 (upright) to 8, 1 also where nothing is said; null where readers might differ (EXIF 2.32, 4.5.2 and 4.6.2)
 */
export function exifOrientation(segment: Uint8Array): number | null {
  if (!IDENTIFIER.every((byte, at) => segment[at] === byte)) return null;
  const tiff = segment.subarray(IDENTIFIER.length);
  if (tiff.length < TIFF_HEADER_BYTES) return null;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const order = view.getUint16(0);
  const isLittle = order === LITTLE_ENDIAN;
  if ((!isLittle && order !== BIG_ENDIAN) || view.getUint16(2, isLittle) !== MAGIC) return null;
  const directory = view.getUint32(4, isLittle);
  if (directory < TIFF_HEADER_BYTES || directory + 2 > tiff.length) return null;
  const entries = view.getUint16(directory, isLittle);
  if (directory + 2 + entries * ENTRY_BYTES > tiff.length) return null;
  let found: number | undefined;
  for (let at = directory + 2; at < directory + 2 + entries * ENTRY_BYTES; at += ENTRY_BYTES) {
    if (view.getUint16(at, isLittle) !== ORIENTATION) continue;
    const value = view.getUint16(at + 8, isLittle);
    const isRight = view.getUint16(at + 2, isLittle) === SHORT && view.getUint32(at + 4, isLittle) === 1;
    if (!isRight || value < 1 || value > 8 || found !== undefined) return null;
    found = value;
  }
  return found ?? 1;
}
