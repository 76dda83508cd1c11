// What an answer holds, unpacked where the camera packed it. It is not asked to, but some small web servers pack whatever they send.
import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** What came until the connection ended counts too. */
const LENIENT = { finishFlush: constants.Z_SYNC_FLUSH };
const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(LENIENT),
  'x-gzip': () => createGunzip(LENIENT),
  deflate: () => createInflate(LENIENT),
  br: () => createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH }),
};

/** @returns the body as it was meant; ends, or fails, with the answer, and ends the answer when it is destroyed */
export function decoded(response: IncomingMessage): Readable {
  const decoder = DECODERS[(response.headers['content-encoding'] ?? '').trim().toLowerCase()];
  if (decoder === undefined) return response;
  // Errors are seen by whoever reads it.
  return pipeline(response, decoder(), () => undefined);
}
