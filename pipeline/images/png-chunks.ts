// PNG without what decoding does not need. Texts and profiles are stored compressed, and libpng unpacks them all while it reads
// the image: 150 KB of them are 150 MB, several times over.

const SIGNATURE_BYTES = 8;
/** Length, type and checksum of a chunk. */
const OVERHEAD_BYTES = 12;
/** Of the chunks that a decoder may pass over: transparency, and which way is up. */
const NEEDED = ['tRNS', 'eXIf'];
/** Set in the first letter of a chunk that a decoder may pass over. */
const LOWER_CASE = 0x20;

/** @returns the image itself where there is nothing to leave out; what is not in whole chunks is left as it is */
export function withoutExtraChunks(png: Uint8Array): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const kept: Uint8Array[] = [];
  let from = 0;
  for (let at = SIGNATURE_BYTES; at + OVERHEAD_BYTES <= png.length;) {
    const end = at + OVERHEAD_BYTES + view.getUint32(at);
    if (end > png.length) break;
    if (isExtra(png, at + 4)) {
      if (at > from) kept.push(png.subarray(from, at));
      from = end;
    }
    at = end;
  }
  if (from === 0) return png;
  kept.push(png.subarray(from));
  return Buffer.concat(kept);
}

function isExtra(png: Uint8Array, at: number): boolean {
  return ((png[at] ?? 0) & LOWER_CASE) !== 0 && !NEEDED.includes(String.fromCharCode(...png.subarray(at, at + 4)));
}
