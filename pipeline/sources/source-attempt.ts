// One attempt at a source: its feed from the start to the end, the pictures in it, and the watchdog on them. Says in the
// end why it ended; decides nothing about what comes next.
import { ENDED_EARLY, NO_DATA, NO_KEY_FRAME, NO_VIDEO, TOO_MANY_BYTES, tooManyPixels, type Failure } from './failure.js';
import { readJpegHeader } from '../images/jpeg-header.js';
import { JpegSplitter } from './jpeg-splitter.js';
import type { PictureFeed } from './picture-feed.js';
import { afterRunning } from '../threads/running-time.js';
import type { SourceClock } from './source-clock.js';
import type { PictureFormat } from '../../protocol/streams.js';
import type { SourceLimits, SourceTimings } from './source-settings.js';

/** How often a camera that shows nothing is looked at. */
const STEP_MS = 1000;

export interface AttemptOptions {
  readonly feed: PictureFeed;
  readonly limits: SourceLimits;
  readonly timings: Pick<SourceTimings, 'startMs' | 'stallMs' | 'keyFrameMs' | 'giveUpMs' | 'killMs'>;
  /** So far pictures may be apart at present. */
  readonly gapMs: () => number;
  readonly keyFramesOnly: boolean;
  readonly clock: SourceClock;
  /** A promise holds the next picture back: for files that play as fast as they are taken. */
  readonly onPicture: (jpeg: Uint8Array<ArrayBuffer>) => Promise<void> | void;
  readonly onStall: () => void;
  /** Video comes, and no picture: its next key frame is still to come. */
  readonly onKeyFrameWait: () => void;
  /** The camera says that its picture is still the same. */
  readonly onAlive?: () => void;
}
export interface AttemptEnd {
  /** Null: it came to the end of what there was, after at least one picture. */
  readonly failure: Failure | null;
  readonly pictures: number;
  /** Images too large or broken. */
  readonly leftOut: number;
  /** It was given up since no picture came any more. */
  readonly wasSilent: boolean;
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
  #wasSilent = false;
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
    this.#awaitFirst(0, 0);
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
      wasSilent: this.#wasSilent,
    };
  }

  async #take(jpeg: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#isStopped) return;
    const header = readJpegHeader(jpeg);
    const { maxPixels } = this.#options.limits;
    if (header !== null && header.width * header.height > maxPixels) return void this.stop(tooManyPixels(maxPixels));
    this.#pictures += 1;
    this.#format ??= this.#feed.format(header);
    this.#cancelWatch();
    const taken = this.#options.onPicture(jpeg);
    if (taken !== undefined) await this.#untilTakenOrStopped(taken);
    // Only from here: while a picture is held back by its taker, the source cannot be blamed.
    if (!this.#isStopped) this.#awaitNext(0, 0);
  }

  #live(): void {
    if (this.#isStopped || this.#pictures === 0) return;
    this.#awaitNext(0, 0);
    this.#options.onAlive?.();
  }

  #untilTakenOrStopped(taken: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      this.#release = resolve;
      taken.then(resolve, resolve);
    });
  }

  /** No picture yet. One that sends is waited on for its key frame, one that is silent no longer than `startMs`. */
  #awaitFirst(waitedMs: number, silentMs: number): void {
    const { startMs, stallMs, giveUpMs, keyFrameMs } = this.#options.timings;
    const stepMs = waitedMs < startMs ? Math.min(STEP_MS, startMs - waitedMs) : STEP_MS;
    this.#watch(stepMs, () => {
      const nowMs = waitedMs + stepMs;
      const nowSilentMs = this.#feed.hasReceived() === true ? 0 : silentMs + stepMs;
      const isSilent = nowSilentMs >= Math.min(startMs, stallMs + giveUpMs);
      if (nowMs >= startMs && isSilent) return void this.stop(this.#feed.failure ?? NO_DATA);
      const { failure } = this.#feed;
      // Without its key frame ffmpeg takes what comes for no video; whatever else it says does not come right by waiting.
      if (nowMs >= startMs && failure !== null && failure !== NO_VIDEO) return void this.stop(failure);
      if (nowMs >= Math.max(startMs, keyFrameMs)) return void this.stop(NO_KEY_FRAME);
      if (nowMs >= stallMs && nowSilentMs === 0) this.#options.onKeyFrameWait();
      this.#awaitFirst(nowMs, nowSilentMs);
    });
  }

  /**
   * Until the next picture. Where key frames alone are decoded, other packets tell that the camera lives, however far its key
   * frames are apart; without them only pictures do.
   */
  #awaitNext(waitedMs: number, silentMs: number): void {
    const { keyFramesOnly, timings } = this.#options;
    const gapMs = Math.max(this.#options.gapMs(), this.#feed.quietMs);
    const heard = keyFramesOnly ? this.#feed.hasReceived() : null;
    const stallMs = heard === null ? gapMs : timings.stallMs;
    const nowSilentMs = heard === true ? 0 : silentMs;
    if (nowSilentMs >= stallMs + timings.giveUpMs) {
      this.#wasSilent = true;
      return void this.stop({ kind: 'passing', reason: `no picture for ${Math.round(waitedMs / 1000)} s` });
    }
    if (nowSilentMs >= stallMs) this.#options.onStall();
    else if (waitedMs >= Math.max(gapMs, timings.keyFrameMs)) return void this.stop(NO_KEY_FRAME);
    else if (waitedMs >= gapMs) this.#options.onKeyFrameWait();
    const leftMs = (nowSilentMs < stallMs ? stallMs : stallMs + timings.giveUpMs) - nowSilentMs;
    const stepMs = keyFramesOnly ? Math.min(STEP_MS, leftMs) : leftMs;
    this.#watch(stepMs, () => this.#awaitNext(waitedMs + stepMs, nowSilentMs + stepMs));
  }

  #watch(delayMs: number, action: () => void): void {
    this.#cancelWatch();
    this.#cancelWatch = afterRunning(delayMs, action, this.#options.clock);
  }

  #failureOf(isRegular: boolean): Failure | null {
    if (this.#pictures === 0) return this.#feed.failure ?? ENDED_EARLY;
    return isRegular ? null : (this.#feed.failure ?? { kind: 'passing', reason: 'the connection was lost' });
  }
}
