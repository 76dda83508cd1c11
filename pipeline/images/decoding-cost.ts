// What decoding an image costs, told by its header before anything is decoded: where pixels alone were counted, a few bytes
// could ask for gigabytes and for minutes. Pure: it never looks at more than the header.
import type { ImageHeader } from './image-header.js';

/**
 * The longest side. Decoders hold some hundred lines of the width, and of a very narrow picture each line costs more than its
 * pixels. JPEG has no longer ones, and costs no more for them.
 */
const LONGEST_SIDE = { jpeg: 65_535, png: 16_384, webp: 16_384 } as const;

/** Colours are turned from those of a printer, which takes longer than all the rest. */
const CMYK_CHANNELS = 4;
const CMYK_WEIGHT = 2.5;
/** Held as a whole at 6 or 8 bytes a pixel, before it is made 3. */
const DEEP_INTERLACED_WEIGHT = 1.25;

/** An ordinary JPEG image of 5 megapixels is decoded in about 20 ms: longer, and others would notice that they wait for it. */
const LARGE_PIXELS = 5_000_000;
/** Next to an ordinary JPEG image: PNG and WebP take about four times as long. */
const SLOW_WEIGHT = 4;

/**
 * The pixels that an image counts for where `maxPixels` bounds them: as a rule those that it has, more where each is dearer.
 */
export function countedPixels({ format, width, height, channels, depth, isInterlaced }: ImageHeader): number {
  const isCmyk = format === 'jpeg' && channels === CMYK_CHANNELS;
  const isDeep = isInterlaced && depth > 8 && channels >= 3;
  return width * height * (isCmyk ? CMYK_WEIGHT : isDeep ? DEEP_INTERLACED_WEIGHT : 1);
}

/** Why an image is dearer than the service takes; null where it may be decoded. */
export function tooDear(header: ImageHeader, maxPixels: number): string | null {
  const { format, width, height } = header;
  const longest = LONGEST_SIDE[format];
  if (Math.max(width, height) > longest) return `The image is ${width} x ${height}; no side may be longer than ${longest}.`;
  const pixels = width * height;
  const counted = countedPixels(header);
  if (counted <= maxPixels) return null;
  const counting = counted === pixels ? '' : `, which count for ${Math.ceil(counted)} as it is stored`;
  return `The image has ${width} x ${height} pixels${counting}; at most ${maxPixels} are decoded.`;
}

/** Whether decoding it takes so long that others had better not wait for it. @param header null where it cannot be told */
export function isLarge(header: ImageHeader | null): boolean {
  if (header === null) return true;
  return countedPixels(header) * (header.format === 'jpeg' ? 1 : SLOW_WEIGHT) > LARGE_PIXELS;
}
