// One attempt at a source: its feed from the start to the end, the pictures in it, and the watchdog on them. Says in the
// end why it ended; decides nothing about what comes next.
import { ENDED_EARLY, NO_DATA, TOO_MANY_BYTES, TOO_MANY_PIXELS, type Failure } from './failure.js';
import { readJpegHeader } from '../jpeg-header.js';
import { JpegSplitter } from './jpeg-splitter.js';
import type { PictureFeed } from './picture-feed.js';
import { afterRunning, type SourceClock } from './source-clock.js';
import type { PictureFormat } from '../../protocol/streams.js';
import type { SourceLimits, SourceTimings } from './source-settings.js';

export interface AttemptOptions {
  readonly feed: PictureFeed;
  readonly limits: SourceLimits;
  readonly timings: Pick<SourceTimings, 'startMs' | 'stallMs' | 'giveUpMs' | 'killMs'>;
  readonly clock: SourceClock;
  /** A promise holds the next picture back: for files that play as fast as they are taken. */
  readonly onPicture: (jpeg: Uint8Array<ArrayBuffer>) => Promise<void> | void;
  readonly onStall: () => void;
  /** The camera says that its picture is still the same. */
  readonly onAlive?: () => void;
}
export interface AttemptEnd {
  /** Null: it came to the end of what there was, after at least one picture. */
  readonly failure: Failure | null;
  readonly pictures: number;
  /** Images too large or broken. */
  readonly leftOut: number;
}

export class SourceAttempt {
  readonly #options: AttemptOptions;
  readonly #feed: PictureFeed;
  readonly #splitter: JpegSplitter;
  #format: PictureFormat | null = null;
  #pictures = 0;
  /** Set when it is ended from here, and why. */
  #verdict: Failure | null = null;
  #isStopped = false;
  #cancelWatch: () => void = () => undefined;
  /** Ends the wait for a taker. */
  #release: () => void = () => undefined;
  /** Resolves when nothing of it is left. Never rejects. */
  readonly ended: Promise<AttemptEnd>;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#feed = options.feed;
    this.#splitter = new JpegSplitter(options.limits.maxFrameBytes);
    this.#feed.onFatal((failure) => void this.stop(failure));
    this.#feed.onAlive(() => this.#live());
    this.#watch(options.timings.startMs, () => void this.stop(this.#feed.failure ?? NO_DATA));
    this.ended = this.#run();
  }

  get format(): PictureFormat | null {
    return this.#format === null || this.#feed.isStill !== true ? this.#format : { ...this.#format, still: true };
  }

  /** Ends it, for a reason if there is one. */
  async stop(reason: Failure | null = null): Promise<void> {
    this.#verdict ??= reason;
    this.#isStopped = true;
    this.#cancelWatch();
    this.#release();
    await this.#feed.stop();
  }

  async #run(): Promise<AttemptEnd> {
    try {
      for await (const chunk of this.#feed.bytes) {
        for (const jpeg of this.#splitter.push(chunk)) await this.#take(jpeg);
        // One that is too large now and then is left out; one that is all there is says why nothing comes.
        if (this.#pictures === 0 && this.#splitter.isPastBound) void this.stop(TOO_MANY_BYTES);
      }
    } catch {
      // Its pipe or connection was closed from here, or lost; why is said by the verdict.
    }
    // Nothing more can come: an ffmpeg that closed its stdout and hangs is ended as well.
    const cancelKill = this.#options.clock.after(this.#options.timings.killMs, () => void this.#feed.stop());
    const isRegular = await this.#feed.ended;
    cancelKill();
    this.#cancelWatch();
    return {
      failure: this.#verdict ?? this.#failureOf(isRegular),
      pictures: this.#pictures,
      leftOut: this.#splitter.leftOut,
    };
  }

  async #take(jpeg: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#isStopped) return;
    const header = readJpegHeader(jpeg);
    if (header !== null && header.width * header.height > this.#options.limits.maxPixels) return void this.stop(TOO_MANY_PIXELS);
    this.#pictures += 1;
    this.#format ??= this.#feed.format(header);
    this.#cancelWatch();
    const taken = this.#options.onPicture(jpeg);
    if (taken !== undefined) await this.#untilTakenOrStopped(taken);
    // Only from here: while a picture is held back by its taker, the source cannot be blamed.
    this.#watchOn();
  }

  #live(): void {
    if (this.#isStopped || this.#pictures === 0) return;
    this.#watchOn();
    this.#options.onAlive?.();
  }

  #watchOn(): void {
    const { stallMs } = this.#options.timings;
    if (!this.#isStopped) this.#watch(Math.max(stallMs, this.#feed.quietMs), () => this.#stall());
  }

  #untilTakenOrStopped(taken: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      this.#release = resolve;
      taken.then(resolve, resolve);
    });
  }

  #stall(): void {
    const { stallMs, giveUpMs } = this.#options.timings;
    this.#watch(giveUpMs, () => {
      void this.stop({ kind: 'passing', reason: `no picture for ${Math.round((stallMs + giveUpMs) / 1000)} s` });
    });
    this.#options.onStall();
  }

  #watch(delayMs: number, action: () => void): void {
    this.#cancelWatch();
    this.#cancelWatch = afterRunning(this.#options.clock, delayMs, action);
  }

  #failureOf(isRegular: boolean): Failure | null {
    if (this.#pictures === 0) return this.#feed.failure ?? ENDED_EARLY;
    return isRegular ? null : (this.#feed.failure ?? { kind: 'passing', reason: 'the connection was lost' });
  }
}
