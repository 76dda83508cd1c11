// Hashes of files and bytes. Streams, so that a large model never lies in memory twice.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

const READ_BYTES = 1 << 20;

/** sha256 of a file's content, lower-case hex. Throws what the file system throws. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: READ_BYTES }), hash);
  return hash.digest('hex');
}

/** sha256 of bytes, lower-case hex. */
export function sha256OfBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Subresource-integrity string (`sha512-<base64>`) of a file's content. */
export async function sha512IntegrityOfFile(path: string): Promise<string> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(path, { highWaterMark: READ_BYTES }), hash);
  return `sha512-${hash.digest('base64')}`;
}
