// Images that are wrong in one way each, made out of a right one.
import sharp from 'sharp';

/** Bytes as the typings of `fetch` and `Blob` want them: in memory that is not shared. */
export const asBody = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

/** JSON with its type, which `fetch` takes over: from text as it is, from anything else as JSON. */
export const asJson = (value: unknown): Blob =>
  new Blob([typeof value === 'string' ? value : JSON.stringify(value)], { type: 'application/json' });

/** A small grey JPEG without a face. */
export async function plainJpeg(width = 64, height = 48): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: '#808080' } })
    .jpeg()
    .toBuffer();
}

/** The same JPEG, whose header claims another size: a "bomb" when it is large, nonsense when it is zero. */
export function withClaimedSize(jpeg: Buffer, width: number, height: number): Buffer {
  const changed = Buffer.from(jpeg);
  const frame = Math.max(...[0xc0, 0xc1, 0xc2].map((code) => changed.indexOf(Buffer.from([0xff, code]))));
  if (frame < 0) throw new Error('no frame header in this JPEG');
  changed.writeUInt16BE(height, frame + 5);
  changed.writeUInt16BE(width, frame + 7);
  return changed;
}

export const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
export const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>');
export const MP4 = Buffer.concat([
  Buffer.from([0, 0, 0, 0x20]),
  Buffer.from('ftypisom\0\0\x02\0isomiso2avc1mp41'),
  Buffer.alloc(500),
]);
export const RANDOM = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7919 + 13) % 251));
