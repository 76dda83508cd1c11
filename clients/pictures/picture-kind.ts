// What kind of picture some bytes are, and what else lies in folders of pictures: by the first bytes, since names and types that
// systems give (none, for HEIC and AVIF) do not tell. For the command line and the console alike. Pure.

export type PictureKind = 'JPEG' | 'PNG' | 'WebP' | 'GIF' | 'BMP' | 'TIFF' | 'AVIF' | 'HEIC' | 'JPEG XL';

/** What the service takes as it is. */
export const TAKEN_AS_IT_IS: ReadonlySet<PictureKind> = new Set(['JPEG', 'PNG', 'WebP']);
/** How much of a file `pictureKind` wants to see. */
export const HEAD_BYTES = 128;
/** Above this a picture is made smaller: under the service's limit unless that was lowered. */
export const LARGE_BYTES = 4 * 1024 * 1024;
/** What it is made then: faces lose nothing at this size. */
export const LONGEST_SIDE_PX = 2_560;
/** 1..100 */
export const JPEG_QUALITY = 92;
/** Before the picture, as the service passes them over. */
const MOST_BYTES_BEFORE = 16;

/** As Latin-1, dots for any byte. */
const SIGNATURES: readonly (readonly [PictureKind, RegExp])[] = [
  ['JPEG', /^\xff\xd8\xff/],
  ['PNG', /^\x89PNG\r\n\x1a\n/],
  ['WebP', /^RIFF....WEBP/s],
];
const OTHER_SIGNATURES: readonly (readonly [PictureKind, RegExp])[] = [
  ['GIF', /^GIF8[79]a/],
  // The header that follows tells it from a text that begins with these letters.
  ['BMP', /^BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0/s],
  ['TIFF', /^(II[*+]\0|MM\0[*+])/],
  ['JPEG XL', /^(\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n)/],
];
/** The major brand and the compatible ones of an ISO base media file. */
const BRANDS = /^....ftyp(.{4}).{4}(.*)$/s;
const AVIF_BRANDS = ['avif', 'avis'];
const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx'];

export interface PictureStart {
  readonly kind: PictureKind;
  /** Bytes before it that are no part of it. */
  readonly before: number;
}

/** @param head the first `HEAD_BYTES` of a file, or all there are */
export function pictureStart(head: Uint8Array): PictureStart | undefined {
  const text = latin1(head);
  for (const [kind, signature] of OTHER_SIGNATURES) if (signature.test(text)) return { kind, before: 0 };
  const still = stillOf(text);
  if (still !== undefined) return { kind: still, before: 0 };
  for (let before = 0; before <= MOST_BYTES_BEFORE; before++)
    for (const [kind, signature] of SIGNATURES) if (signature.test(text.slice(before))) return { kind, before };
  return undefined;
}

/** @param head as of `pictureStart` */
export const pictureKind = (head: Uint8Array): PictureKind | undefined => pictureStart(head)?.kind;

function latin1(head: Uint8Array): string {
  let text = '';
  for (const byte of head.subarray(0, HEAD_BYTES)) text += String.fromCharCode(byte);
  return text;
}

/** SVG, whatever stands before it: a byte order mark, a declaration, a comment. Lists of parts of a film (MPD) are XML too. @param head as of `pictureStart` */
export const isDrawing = (head: Uint8Array): boolean =>
  /^(\xef\xbb\xbf)?\s*(<\?xml(?![^]*<mpd)|<svg[\s>]|<!DOCTYPE svg|<!--[^]*<svg[\s>])/i.test(latin1(head));

/** AVIF that moves. @param head as of `pictureStart` */
export const isSequence = (head: Uint8Array): boolean => BRANDS.exec(latin1(head))?.[1] === 'avis';

function stillOf(text: string): PictureKind | undefined {
  const found = BRANDS.exec(text);
  if (!found) return undefined;
  const [, major = '', compatible = ''] = found;
  if (AVIF_BRANDS.includes(major)) return 'AVIF';
  if (HEIC_BRANDS.includes(major)) return 'HEIC';
  // A general brand says neither.
  if (major !== 'mif1' && major !== 'msf1') return undefined;
  return AVIF_BRANDS.some((brand) => compatible.includes(brand)) ? 'AVIF' : 'HEIC';
}

const PICTURE_NAME = /\.(jpe?g|jpe|jfif|png|webp|gif|bmp|dib|tiff?|avif|hei[cf]|hif|jxl)$/i;

/** Whether a file is called like a picture: one that is damaged is then told, and not passed over. */
export const isPictureName = (name: string): boolean => PICTURE_NAME.test(name);

const SYSTEM_NAMES = /^(\..*|thumbs\.db|ehthumbs.*\.db|desktop\.ini|__macosx)$/i;

/** Whether systems put it there, and nobody chose it: the other half of a file (`._x.jpg`), thumbnails, settings of a folder. */
export const isSystemName = (name: string): boolean => SYSTEM_NAMES.test(name);
