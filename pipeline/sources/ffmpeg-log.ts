// Reads what ffmpeg prints: the camera's format, and why it fails. Must never let a line out as it is: they repeat addresses.
import {
  failureIn,
  NO_DATA,
  NO_STREAM,
  PICTURE_CHANGED,
  PIXELS_CHANGED,
  TOO_MANY_FRAMES,
  TOO_MANY_PIXELS,
  UNANSWERED,
  tooManyPixels,
  type Failure,
} from './failure.js';
import type { PictureFormat } from '../../protocol/streams.js';
import type { SourceLimits } from './source-settings.js';

const MAX_LINE = 4096;
/** More than this is a clock's tick rate where ffmpeg found no frame rate. */
const NO_REAL_FPS = 1000;
/** Pixels whose shape changes by less are not worth an interruption. */
const LITTLE_DIFFERENCE = 0.02;

export class FfmpegLog {
  readonly #limits: SourceLimits;
  readonly #isLive: boolean;
  #rest = '';
  #isInput = false;
  #codec: string | null = null;
  #size: { width: number; height: number } | null = null;
  #decodedSize: string | null = null;
  #pixel: number | null = null;
  #fps: number | null = null;
  #failure: { readonly failure: Failure; readonly rank: number } | null = null;
  #fatal: Failure | null = null;

  /** @param isLive whether it can be opened anew where it is: a file would begin from its start, and never come to its end */
  constructor(limits: SourceLimits, isLive = true) {
    this.#limits = limits;
    this.#isLive = isLive;
  }

  /** What the camera sends; null before ffmpeg told it. The size may be missing. */
  get stream(): {
    readonly codec: string;
    readonly size: { width: number; height: number } | null;
    readonly fps: number | null;
  } | null {
    return this.#codec === null ? null : { codec: this.#codec, size: this.#size, fps: this.#fps };
  }
  /** More frames a second than are decoded, by what it says of itself. */
  get declaresTooMany(): boolean {
    return this.#fps !== null && this.#fps > this.#limits.maxFps;
  }
  /** The most telling reason so far. */
  get failure(): Failure | null {
    const failure = this.#fatal ?? this.#failure?.failure ?? null;
    const isDescribed = this.#codec !== null && this.#decodedSize === null;
    // ffmpeg calls a stream of which nothing came none, or says that it waited too long.
    return isDescribed && (failure === NO_STREAM || failure === UNANSWERED) ? NO_DATA : failure;
  }
  /** No use in letting it run on. */
  get fatal(): Failure | null {
    return this.#fatal;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(-MAX_LINE);
    for (const line of lines) this.#read(line);
  }

  /** Reads what stands without a line's end, once nothing more comes. */
  end(): void {
    this.#read(this.#rest);
    this.#rest = '';
  }

  #read(line: string): void {
    if (line.startsWith('Input #0')) this.#isInput = true;
    else if (line.startsWith('Output #0') || line.startsWith('Stream mapping')) this.#isInput = false;
    const video = this.#isInput && this.#codec === null ? /Stream #0:\d+.*?: Video: (\w+)(.*)/.exec(line) : null;
    if (video !== null) this.#readStream(video[1] ?? '', video[2] ?? '');
    const decoded = /^\[graph 0 input from stream [^\]]*\] w:(\d+) h:(\d+)/.exec(line);
    if (decoded !== null) this.#readDecoded(Number(decoded[1]), Number(decoded[2]));
    const scaled = /^\[Parsed_scale_\d+ [^\]]*\] w:\d+ h:\d+ .*?sar:(\d+)\/(\d+) ->/.exec(line);
    if (scaled !== null) this.#readPixels(Number(scaled[1]), Number(scaled[2]));
    const found = failureIn(line);
    if (found === null) return;
    if (found.failure === TOO_MANY_PIXELS) this.#fatal ??= tooManyPixels(this.#limits.maxPixels);
    if (this.#failure === null || found.rank < this.#failure.rank) this.#failure = found;
  }

  /** Told for the first picture, and again when the size changes in the middle: ffmpeg would scale all to the first one. */
  #readDecoded(width: number, height: number): void {
    if (this.#decodedSize !== null && this.#decodedSize !== `${width}x${height}`) this.#fatal ??= PICTURE_CHANGED;
    this.#decodedSize = `${width}x${height}`;
    this.#size = { width, height };
  }

  /** Told for the first picture, and again when it changes in the middle: ffmpeg would go on with the first shape. */
  #readPixels(width: number, height: number): void {
    // 0 for what is not known.
    const pixel = width > 0 && height > 0 ? width / height : 1;
    if (!this.#isLive) return;
    if (this.#pixel !== null && Math.abs(this.#pixel / pixel - 1) > LITTLE_DIFFERENCE) this.#fatal ??= PIXELS_CHANGED;
    this.#pixel ??= pixel;
  }

  #readStream(codec: string, rest: string): void {
    this.#codec = codec;
    const size = /[ ,](\d{1,6})x(\d{1,6})[ ,]/.exec(`${rest},`);
    if (size !== null) this.#size = { width: Number(size[1]), height: Number(size[2]) };
    const rate = /([\d.]+)(k?) fps/.exec(rest) ?? /([\d.]+)(k?) tbr/.exec(rest);
    const fps = rate === null ? 0 : Number(rate[1]) * (rate[2] === 'k' ? 1000 : 1);
    this.#fps = fps > 0 && fps < NO_REAL_FPS ? fps : null;
    if (this.#size !== null && this.#size.width * this.#size.height > this.#limits.maxPixels) {
      this.#fatal = tooManyPixels(this.#limits.maxPixels);
    }
    // What a file says of itself is right; cameras declare anything.
    if (this.declaresTooMany && !this.#isLive) this.#fatal ??= TOO_MANY_FRAMES;
  }
}

/** The format, with the size of the pictures themselves where ffmpeg did not know it at the start. */
export function formatOf(log: FfmpegLog, size: { readonly width: number; readonly height: number } | null): PictureFormat | null {
  const stream = log.stream;
  const known = stream?.size ?? size;
  return stream === null || known === null
    ? null
    : { codec: stream.codec, width: known.width, height: known.height, fps: stream.fps };
}
