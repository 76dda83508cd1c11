// Cuts a stream of JPEG images into single ones, wherever the pieces of the pipe begin and end. Holds at most one
// unfinished image, of bounded size; must never hand out memory that another image shares, since takers keep it.
//
//   outside ──FF D8──▶ marker ──FF xx──▶ length ──▶ skip ──▶ marker …
//      ▲                  │                           └─(after SOS)─▶ scan ──FF xx──▶ (as marker)
//      └──────FF D9───────┘
// One without an end marker ends where the next begins (FF D8 in a scan). Segments are skipped by their length: the
// thumbnails that some cameras put into one are JPEG images of their own.

const [FF, SOI, EOI, SOS, TEM, RST0, RST7] = [0xff, 0xd8, 0xd9, 0xda, 0x01, 0xd0, 0xd7];
type Stage = 'outside' | 'outsideFf' | 'marker' | 'code' | 'lengthHigh' | 'lengthLow' | 'skip' | 'scan' | 'scanFf';

/** The most that is looked through for what stands between two pictures. */
const BETWEEN_BYTES = 1024;
/** A boundary and the head of a part, up to the picture; without a line of its own where a length led to it. */
const PART_HEAD = /(?:\r?\n)?--[^\r\n]{1,200}\r?\n(?:[\w-]{1,64}:[^\r\n]*\r?\n)*\r?\n$/;

/** Room for the first image, which is most images' size; for the others by the one before. */
const FIRST_BYTES = 131_072;
/** Images of one camera differ by a few per cent. */
const HEADROOM = 1.125;
/** An image that fills less of its room is copied into less: takers keep it. */
const LEAST_FILLED = 0.75;
const NO_ROOM = Buffer.allocUnsafeSlow(0);

export class JpegSplitter {
  readonly #maxBytes: number;
  #stage: Stage = 'outside';
  /** The image that is coming in, in one piece: pieces kept as they come would each hold memory many times their size. */
  #image = NO_ROOM;
  #roomBytes = FIRST_BYTES;
  #bytes = 0;
  #code = 0;
  #skip = 0;
  #leftOut = 0;

  /** @param maxBytes an image larger than this is left out */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many images were too large or broken off, and left out. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Whether the image that is coming in is too large already. */
  get isPastBound(): boolean {
    return this.#bytes > this.#maxBytes;
  }

  /** Whether an image has begun whose end has not come. */
  get isWithin(): boolean {
    return this.#bytes > 2;
  }

  /** Takes the next piece of the stream. @returns the images that it completes, each in memory of its own */
  push(chunk: Buffer): Uint8Array<ArrayBuffer>[] {
    const images: Uint8Array<ArrayBuffer>[] = [];
    // Where the image under way begins in this chunk.
    let start = 0;
    let at = 0;
    while (at < chunk.length) {
      const byte = chunk[at] ?? 0;
      switch (this.#stage) {
        case 'outside': {
          const next = chunk.indexOf(FF, at);
          at = next < 0 ? chunk.length : next + 1;
          if (next >= 0) this.#stage = 'outsideFf';
          break;
        }
        case 'outsideFf':
          at += 1;
          if (byte === SOI) {
            this.#keep(Buffer.of(FF, SOI));
            start = at;
            this.#stage = 'marker';
          } else if (byte !== FF) this.#stage = 'outside';
          break;
        case 'marker':
          at += 1;
          if (byte === FF) this.#stage = 'code';
          else this.#abandon();
          break;
        case 'code':
        case 'scanFf':
          at += 1;
          if (this.#stage === 'scanFf' && byte === SOI) {
            this.#keep(chunk.subarray(start, at));
            const unended = this.#finishUnended();
            if (unended !== null) images.push(unended);
            this.#keep(Buffer.of(FF, SOI));
            start = at;
            this.#stage = 'marker';
          } else if (this.#entersEnd(byte)) {
            this.#keep(chunk.subarray(start, at));
            const image = this.#finish();
            if (image !== null) images.push(image);
          }
          break;
        case 'lengthHigh':
          at += 1;
          this.#skip = byte << 8;
          this.#stage = 'lengthLow';
          break;
        case 'lengthLow':
          at += 1;
          // The length counts its own two bytes.
          this.#skip += byte - 2;
          this.#stage = 'skip';
          if (this.#skip < 0) this.#abandon();
          break;
        case 'skip': {
          const step = Math.min(this.#skip, chunk.length - at);
          at += step;
          this.#skip -= step;
          if (this.#skip === 0) this.#stage = this.#code === SOS ? 'scan' : 'marker';
          break;
        }
        case 'scan': {
          const next = chunk.indexOf(FF, at);
          at = next < 0 ? chunk.length : next + 1;
          if (next >= 0) this.#stage = 'scanFf';
          break;
        }
      }
    }
    if (!this.#stage.startsWith('outside')) this.#keep(chunk.subarray(start));
    return images;
  }

  /** After FF, in the header or in compressed data. @returns whether the image ends here */
  #entersEnd(code: number): boolean {
    // Fill bytes before a marker.
    if (code === FF) return false;
    if (code === EOI) this.#stage = 'outside';
    else if (this.#stage === 'scanFf' && (code === 0 || (code >= RST0 && code <= RST7))) this.#stage = 'scan';
    else if (code === TEM) this.#stage = 'marker';
    else if (code === 0 || code === SOI) this.#abandon();
    else {
      this.#code = code;
      this.#stage = 'lengthHigh';
    }
    return code === EOI;
  }

  #keep(part: Buffer): void {
    const end = this.#bytes + part.length;
    if (end > this.#maxBytes) this.#image = NO_ROOM;
    else {
      if (end > this.#image.length) this.#grow(end);
      part.copy(this.#image, this.#bytes);
    }
    // Of one that is too large it is enough to know that.
    this.#bytes = Math.min(end, this.#maxBytes + 1);
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#maxBytes, Math.max(this.#roomBytes, 2 * this.#image.length, bytes)));
    this.#image.copy(larger, 0, 0, this.#bytes);
    this.#image = larger;
  }

  #abandon(): void {
    this.#bytes = 0;
    this.#leftOut += 1;
    this.#stage = 'outside';
  }

  /** An image whose end marker is missing, as some cameras send them: the next one has begun behind it. */
  #finishUnended(): Uint8Array<ArrayBuffer> | null {
    if (!this.isPastBound) {
      const end = this.#bytes - 2;
      // What parts of a multipart answer have between them is no part of the picture.
      const tail = Math.max(0, end - BETWEEN_BYTES);
      const between = PART_HEAD.exec(this.#image.toString('latin1', tail, end));
      const cut = tail + (between?.index ?? end - tail);
      this.#image[cut] = FF;
      this.#image[cut + 1] = EOI;
      this.#bytes = cut + 2;
    }
    return this.#finish();
  }

  #finish(): Uint8Array<ArrayBuffer> | null {
    if (this.isPastBound) {
      this.#abandon();
      return null;
    }
    const { buffer, length } = this.#image;
    const image = new Uint8Array(buffer, 0, this.#bytes);
    const isFilled = this.#bytes >= LEAST_FILLED * length;
    this.#image = NO_ROOM;
    this.#roomBytes = Math.ceil(HEADROOM * this.#bytes);
    this.#bytes = 0;
    return isFilled ? image : image.slice();
  }
}
