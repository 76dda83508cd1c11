// Passes a download on and tells how many bytes of it have come. Must never hold more than the chunk in hand.
import { ModelError } from '../model-error.js';
import type { FetchJob } from './source.js';

/** The chunks of a stream of bytes; `onBytes` gets the size of each, and ends the stream by throwing. */
export async function* counted(stream: NodeJS.ReadableStream, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a download came as text');
    onBytes(chunk.byteLength);
    yield chunk;
  }
}

/** A server that sends without end must not fill the disk. @throws ModelError FETCH_FAILED above what the manifest says */
export function needAtMost({ source }: FetchJob, bytes: number, expectedBytes: number | undefined): void {
  if (expectedBytes === undefined || bytes <= expectedBytes) return;
  throw new ModelError(
    'FETCH_FAILED',
    `${source.from} is refused: it has more than the ${expectedBytes} bytes that its manifest says`,
  );
}
