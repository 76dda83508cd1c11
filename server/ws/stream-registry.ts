// Which connection a stream id belongs to, over all connections. The newest takes over: a camera that died half-open
// must be able to come back at once.

export interface StreamHolder {
  /** Told that another connection has opened the stream. */
  takenOver(stream: string): void;
}

export class StreamRegistry {
  readonly #holders = new Map<string, StreamHolder>();

  claim(stream: string, holder: StreamHolder): void {
    const before = this.#holders.get(stream);
    this.#holders.set(stream, holder);
    before?.takenOver(stream);
  }

  /** Forgets the stream, unless it is somebody else's by now. */
  release(stream: string, holder: StreamHolder): void {
    if (this.#holders.get(stream) === holder) this.#holders.delete(stream);
  }
}
