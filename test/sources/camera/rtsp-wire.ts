// RTSP as bytes (RFC 2326): text messages, and RTP packets interleaved between them. Knows nothing of what they mean.

export interface RtspMessage {
  readonly kind: 'message';
  /** `DESCRIBE rtsp://… RTSP/1.0` */
  readonly startLine: string;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}
export interface InterleavedPacket {
  readonly kind: 'packet';
  readonly channel: number;
  readonly bytes: Buffer;
}

const DOLLAR = 0x24;
const INTERLEAVED_HEADER_BYTES = 4;

export class RtspReader {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): (RtspMessage | InterleavedPacket)[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const found: (RtspMessage | InterleavedPacket)[] = [];
    for (let next = this.#next(); next !== null; next = this.#next()) found.push(next);
    return found;
  }

  #next(): RtspMessage | InterleavedPacket | null {
    if (this.#rest[0] === DOLLAR) {
      if (this.#rest.length < INTERLEAVED_HEADER_BYTES) return null;
      const end = INTERLEAVED_HEADER_BYTES + this.#rest.readUInt16BE(2);
      if (this.#rest.length < end) return null;
      const packet = {
        kind: 'packet',
        channel: this.#rest.readUInt8(1),
        bytes: this.#rest.subarray(INTERLEAVED_HEADER_BYTES, end),
      } as const;
      this.#rest = this.#rest.subarray(end);
      return packet;
    }
    const headEnd = this.#rest.indexOf('\r\n\r\n');
    if (headEnd < 0) return null;
    const [startLine = '', ...lines] = this.#rest.toString('latin1', 0, headEnd).split('\r\n');
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const bodyStart = headEnd + 4;
    const bodyEnd = bodyStart + Number(headers.get('content-length') ?? 0);
    if (this.#rest.length < bodyEnd) return null;
    const body = this.#rest.toString('utf8', bodyStart, bodyEnd);
    this.#rest = this.#rest.subarray(bodyEnd);
    return { kind: 'message', startLine, headers, body };
  }
}

export function response(status: string, headers: Readonly<Record<string, string>>, body = ''): string {
  const lines = Object.entries({ ...headers, ...(body === '' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }) });
  return `RTSP/1.0 ${status}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

export function interleaved(channel: number, packet: Buffer): Buffer {
  const header = Buffer.from([DOLLAR, channel, 0, 0]);
  header.writeUInt16BE(packet.length, 2);
  return Buffer.concat([header, packet]);
}
