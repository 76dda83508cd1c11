// The pictures that one run of ffmpeg makes, and all that it needs meanwhile: the relay of an RTSP camera, or the images of
// an http camera that it scales.
import type { JpegHeader } from '../images/jpeg-header.js';
import type { PictureFormat } from '../../protocol/streams.js';
import { FfmpegLog, formatOf } from './ffmpeg-log.js';
import type { FfmpegProcess } from './ffmpeg-process.js';
import { TOO_MANY_FRAMES, type Failure } from './failure.js';
import type { PictureFeed } from './picture-feed.js';
import type { SourceLimits } from './source-settings.js';

/** What feeds ffmpeg, and ends with it. */
export interface FfmpegSupply {
  /** Why it can give nothing more. */
  readonly failure: Failure | null;
  /** As of a feed. */
  hasReceived(): boolean | null;
  /** As of the feed, where it may be that of a still. */
  readonly isStill?: boolean | null;
  readonly quietMs?: number;
  onAlive?(tell: () => void): void;
  /** What the camera sends, where ffmpeg does not see that: it is handed JPEG images, at a rate that it makes up. */
  readonly codec?: string;
  /** How many pictures came to ffmpeg; null where that cannot be seen. */
  readonly pictures?: number | null;
  close(): Promise<void>;
}

/** A camera that declares more pictures than are decoded is counted for so long before it is believed. */
const COUNTED_MS = 1000;

export class FfmpegFeed implements PictureFeed {
  readonly #process: FfmpegProcess;
  readonly #supply: FfmpegSupply | null;
  readonly #log: FfmpegLog;
  readonly #maxFps: number;
  #couldNotStart = false;
  #tell: (failure: Failure) => void = () => undefined;
  readonly bytes: AsyncIterable<Buffer>;
  readonly ended: Promise<boolean>;

  constructor(process: FfmpegProcess, supply: FfmpegSupply | null, limits: SourceLimits) {
    this.#process = process;
    this.#supply = supply;
    this.#log = new FfmpegLog(limits, supply !== null);
    this.#maxFps = limits.maxFps;
    this.bytes = this.#counted(process.stdout);
    process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log.push(text);
      if (this.#log.fatal !== null) this.#tell(this.#log.fatal);
    });
    this.ended = this.#end();
  }

  get failure(): Failure | null {
    if (this.#couldNotStart) return { kind: 'lasting', reason: 'ffmpeg cannot be started; is it installed?' };
    return this.#supply?.failure ?? this.#log.failure;
  }

  hasReceived(): boolean | null {
    if (this.#supply !== null) return this.#supply.hasReceived();
    // A file that could be opened is never silent.
    return this.#log.stream === null ? null : true;
  }

  get isStill(): boolean | null {
    return this.#supply?.isStill === undefined ? false : this.#supply.isStill;
  }

  get quietMs(): number {
    return this.#supply?.quietMs ?? 0;
  }

  onAlive(tell: () => void): void {
    this.#supply?.onAlive?.(tell);
  }

  onFatal(tell: (failure: Failure) => void): void {
    this.#tell = tell;
  }

  format(header: JpegHeader | null): PictureFormat | null {
    const seen = formatOf(this.#log, header);
    const codec = this.#supply?.codec;
    return seen === null || codec === undefined ? seen : { ...seen, codec, fps: null };
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    await this.ended;
  }

  /** Leaves out what comes while it is not clear whether it sends as many pictures as it declares: many declare anything. */
  async *#counted(stdout: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let beginning: { readonly ms: number; readonly pictures: number } | null = null;
    let isCounted = false;
    for await (const chunk of stdout) {
      const pictures = this.#supply?.pictures ?? null;
      if (!isCounted && this.#log.declaresTooMany && pictures !== null) {
        const ms = performance.now();
        beginning ??= { ms, pictures };
        if (ms - beginning.ms < COUNTED_MS) continue;
        isCounted = true;
        if (pictures - beginning.pictures > (this.#maxFps * (ms - beginning.ms)) / 1000) this.#tell(TOO_MANY_FRAMES);
      }
      yield chunk;
    }
  }

  async #end(): Promise<boolean> {
    const { code, couldNotStart } = await this.#process.exited;
    this.#couldNotStart = couldNotStart;
    this.#log.end();
    await this.#supply?.close();
    return code === 0;
  }
}
