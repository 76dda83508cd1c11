// Passes a download on and tells how many bytes of it have come. Must never hold more than the chunk in hand.

/** The chunks of a stream of bytes; `onBytes` gets the size of each, and ends the stream by throwing. */
export async function* counted(stream: NodeJS.ReadableStream, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a download came as text');
    onBytes(chunk.byteLength);
    yield chunk;
  }
}
