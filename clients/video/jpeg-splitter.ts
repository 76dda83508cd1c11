// Cuts ffmpeg's stream of JPEG images into single ones, wherever the pieces of the pipe begin and end.
// Must never be fed with JPEGs of other origin: a thumbnail inside of one has an end marker of its own.

const END_OF_IMAGE = Buffer.of(0xff, 0xd9);
/** Of one image: more than the largest picture that a JPEG can hold comes to in practice. */
const MOST_BYTES = 256 << 20;

/**
 * Yields each whole image of a stream of concatenated baseline JPEGs; an unfinished last one is left out.
 *
 * @throws RangeError when an image does not end within `maxBytes`
 */
export async function* splitJpegs(chunks: AsyncIterable<Buffer>, maxBytes: number = MOST_BYTES): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  let endedInFf = false;
  for await (const chunk of chunks) {
    let start = 0;
    // Entropy-coded data never holds FF D9, so the marker ends the image; the pipe may cut it in two.
    let end = endedInFf && chunk[0] === 0xd9 ? 1 : endOf(chunk, 0);
    while (end > 0) {
      const last = chunk.subarray(start, end);
      yield parts.length === 0 ? last : Buffer.concat([...parts, last]);
      parts = [];
      bytes = 0;
      start = end;
      end = endOf(chunk, start);
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
    bytes += chunk.length - start;
    if (bytes > maxBytes) throw new RangeError('an image without end');
    endedInFf = chunk[chunk.length - 1] === 0xff;
  }
}

function endOf(chunk: Buffer, from: number): number {
  const at = chunk.indexOf(END_OF_IMAGE, from);
  return at < 0 ? -1 : at + END_OF_IMAGE.length;
}
