// Whether a frame that nobody has decoded goes on with the picture before it, as far as its bytes tell: the stream has shown
// one scene without a break for some frames, and the new one is a whole JPEG of the same size and about as many bytes.
// It is asked only where there is no time for more; it never looks at a pixel.
import { readJpegHeader } from '../images/jpeg-header.js';

/** Frames in a row that must have shown the same scene. */
const LEAST_CALM_FRAMES = 3;
/** Frames of one camera differ by 1 to 3 per cent in bytes, pictures of different things by far more, as a rule. */
const MOST_GROWTH = 0.06;
/** A JPEG image ends with this marker; one that was cut off does not. */
const EOI = [0xff, 0xd9] as const;

export interface FrameSize {
  readonly width: number;
  readonly height: number;
}

export class Continuity {
  #size: FrameSize | null = null;
  #bytes = 0;
  #calm = 0;

  /** A frame of so many bytes was decoded. @param isCalm whether it showed the scene of the one before, hardly changed */
  decoded({ width, height }: FrameSize, bytes: number, isCalm: boolean): void {
    const isSame = isCalm && this.#size?.width === width && this.#size.height === height;
    this.#calm = isSame ? this.#calm + 1 : 0;
    this.#size = { width, height };
    this.#bytes = bytes;
  }

  /** @returns its size where it goes on with the picture, else null */
  continues(image: Uint8Array): FrameSize | null {
    const size = this.#size;
    if (size === null || this.#calm < LEAST_CALM_FRAMES) return null;
    if (Math.abs(image.byteLength - this.#bytes) > MOST_GROWTH * this.#bytes) return null;
    if (image.at(-2) !== EOI[0] || image.at(-1) !== EOI[1]) return null;
    const header = readJpegHeader(image);
    const isUpright = header?.orientation === 1;
    return isUpright && header.width === size.width && header.height === size.height ? size : null;
  }
}
