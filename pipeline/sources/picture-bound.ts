// Counts the bytes of the picture that is coming in over RTP (RFC 3550): one that never ends would fill ffmpeg's memory.

const MARKER = 0x80;
const TIMESTAMP_AT = 4;
const HEADER_BYTES = 12;

export class PictureBound {
  readonly #maxBytes: number;
  /** By channel: one for each stream, of at most 256. */
  readonly #pictures = new Map<number, { readonly timestamp: number; readonly bytes: number }>();

  #isWithin = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether the last packet was in the middle of a picture, so that more of it is about to come. */
  get isWithin(): boolean {
    return this.#isWithin;
  }

  /** @returns whether the packet still belongs to a picture of an allowed size */
  lets(channel: number, packet: Buffer): boolean {
    if (packet.length < HEADER_BYTES) return true;
    const timestamp = packet.readUInt32BE(TIMESTAMP_AT);
    const before = this.#pictures.get(channel);
    const bytes = (before?.timestamp === timestamp ? before.bytes : 0) + packet.length;
    // The last packet of a picture is marked.
    const isLast = ((packet[1] ?? 0) & MARKER) !== 0;
    this.#isWithin = !isLast;
    this.#pictures.set(channel, { timestamp, bytes: isLast ? 0 : bytes });
    return bytes <= this.#maxBytes;
  }
}
