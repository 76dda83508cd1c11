// The same picture in other bytes, so that a cache of whole images cannot know it. Must never change what is seen.

const START_BYTES = 2;
const COMMENT = 0xfe;

/**
 * A JPEG with its number as a comment behind the start of the image.
 * @throws Error when it is no JPEG: other formats have no such place
 */
export function numberedImage(jpeg: Buffer, number: number): Buffer {
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8) throw new Error('only a JPEG can be numbered');
  const text = Buffer.from(`frame ${number}`);
  const comment = Buffer.from([0xff, COMMENT, 0, text.byteLength + 2]);
  return Buffer.concat([jpeg.subarray(0, START_BYTES), comment, text, jpeg.subarray(START_BYTES)]);
}
