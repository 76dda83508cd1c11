// Whether a camera sends video at all, told by the RTP packets that pass: one that sends and shows nothing is not dead, only
// its next key frame is still to come. Sound does not count.

const HEADER_BYTES = 12;
const TIMESTAMP_AT = 4;
const PAYLOAD_TYPE = 0x7f;

export class VideoPackets {
  /** Payload types of video, as the session description names them. */
  #types: ReadonlySet<number> = new Set();
  #hasPackets = false;
  #isNew = false;
  #pictures = 0;
  #timestamp = -1;

  /** How many pictures came: what has another time is another picture. */
  get pictures(): number {
    return this.#pictures;
  }

  /** @param body of an answer of the camera; what is no session description changes nothing */
  describe(body: string): void {
    const types = [...body.matchAll(/^m=video \d+(?:\/\d+)? \S+ ([\d ]+)/gm)].flatMap(([, list = '']) => list.trim().split(/ +/));
    if (types.length > 0) this.#types = new Set(types.map(Number));
  }

  take(packet: Buffer): void {
    if (packet.length < HEADER_BYTES || !this.#types.has((packet[1] ?? 0) & PAYLOAD_TYPE)) return;
    this.#hasPackets = true;
    this.#isNew = true;
    const timestamp = packet.readUInt32BE(TIMESTAMP_AT);
    if (timestamp !== this.#timestamp) this.#pictures += 1;
    this.#timestamp = timestamp;
  }

  /** Whether video came since this was last asked; null while none ever did. */
  hasReceived(): boolean | null {
    const isNew = this.#isNew;
    this.#isNew = false;
    return this.#hasPackets ? isNew : null;
  }
}
