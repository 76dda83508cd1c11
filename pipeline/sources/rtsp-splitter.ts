// Cuts one direction of an RTSP connection (RFC 2326) into its messages and the RTP packets interleaved between them.
// Holds at most one unfinished message or packet; must never guess: what is neither is skipped, what is too long ends it.

export interface RtspMessage {
  /** `RTSP/1.0 200 OK` or `DESCRIBE rtsp://… RTSP/1.0` */
  readonly startLine: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}
export interface RtspTaker {
  message(message: RtspMessage): void;
  /** Whole packets with their interleaving headers, as many as came at once: for handing on as they are. */
  packets(bytes: Buffer): void;
  /** Each of them, before it is handed on, without that header. */
  packet(channel: number, packet: Buffer): void;
}

const DOLLAR = 0x24;
const INTERLEAVED_HEADER_BYTES = 4;
const MOST_HEAD_BYTES = 16_384;
/** Of a session description; real ones have a few hundred bytes. */
const MOST_BODY_BYTES = 262_144;
const NOTHING = Buffer.alloc(0);

export class RtspSplitter {
  readonly #taker: RtspTaker;
  #rest: Buffer = NOTHING;

  constructor(taker: RtspTaker) {
    this.#taker = taker;
  }

  /** @throws RangeError when a message is longer than any should be */
  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    let packetsFrom = 0;
    const handOn = (): void => {
      if (at > packetsFrom) this.#taker.packets(bytes.subarray(packetsFrom, at));
    };
    while (at < bytes.length) {
      const first = bytes[at] ?? 0;
      if (first === DOLLAR) {
        if (bytes.length - at < INTERLEAVED_HEADER_BYTES) break;
        const end = at + INTERLEAVED_HEADER_BYTES + bytes.readUInt16BE(at + 2);
        if (bytes.length < end) break;
        this.#taker.packet(bytes[at + 1] ?? 0, bytes.subarray(at + INTERLEAVED_HEADER_BYTES, end));
        at = end;
        continue;
      }
      handOn();
      // Neither a packet nor the first letter of a message: a blank line, or noise.
      if (first < 0x41 || first > 0x5a) at += 1;
      else {
        const end = this.#message(bytes, at);
        if (end === null) {
          packetsFrom = at;
          break;
        }
        at = end;
      }
      packetsFrom = at;
    }
    handOn();
    // A copy: a few bytes must not hold the memory of a whole piece of the network.
    this.#rest = at === bytes.length ? NOTHING : Buffer.from(bytes.subarray(at));
  }

  /** @returns where it ends, or null while it is not all there */
  #message(bytes: Buffer, at: number): number | null {
    const headEnd = bytes.indexOf('\r\n\r\n', at);
    if (headEnd < 0 ? bytes.length - at > MOST_HEAD_BYTES : headEnd - at > MOST_HEAD_BYTES) throw new RangeError('head');
    if (headEnd < 0) return null;
    const [startLine = '', ...lines] = bytes.toString('latin1', at, headEnd).split('\r\n');
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return colon < 0 ? [line, ''] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    });
    const length = Number(headerOf(headers, 'content-length') ?? 0);
    if (!(Number.isInteger(length) && length >= 0 && length <= MOST_BODY_BYTES)) throw new RangeError('body');
    const bodyStart = headEnd + 4;
    if (bytes.length < bodyStart + length) return null;
    this.#taker.message({ startLine, headers, body: Buffer.from(bytes.subarray(bodyStart, bodyStart + length)) });
    return bodyStart + length;
  }
}

/** The first header of that (lower-case) name. */
export function headerOf(headers: RtspMessage['headers'], name: string): string | undefined {
  return headers.find(([found]) => found.toLowerCase() === name)?.[1];
}

/** As it goes over the network: of what was read nothing is left that another reader could cut otherwise. */
export function rtspText(startLine: string, headers: RtspMessage['headers'], body: Buffer): Buffer {
  const kept = headers.filter(([name]) => /^[\w-]+$/.test(name) && name.toLowerCase() !== 'content-length');
  const length: readonly (readonly [string, string])[] = body.length === 0 ? [] : [['Content-Length', String(body.length)]];
  const lines = [startLine, ...[...kept, ...length].map(([name, value]) => `${name}: ${value}`)].map((line) =>
    line.replace(/[\u0000-\u001f]/g, ' '),
  );
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}
