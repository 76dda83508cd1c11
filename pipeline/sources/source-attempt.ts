// One attempt at a source: ffmpeg from its start to its end, its pictures, and the watchdog on them. Says in the end
// why it ended; decides nothing about what comes next.
import { connectionFailure, NO_DATA, type Failure } from './failure.js';
import type { FfmpegCommand } from './ffmpeg-command.js';
import { FfmpegLog, formatOf } from './ffmpeg-log.js';
import { FfmpegProcess, type FfmpegExit } from './ffmpeg-process.js';
import { readJpegHeader } from '../jpeg-header.js';
import { JpegSplitter } from './jpeg-splitter.js';
import type { SourceClock } from './source-clock.js';
import type { PictureFormat } from '../../protocol/streams.js';
import type { SourceLimits, SourceTimings } from './source-settings.js';

export interface AttemptOptions {
  readonly command: FfmpegCommand;
  readonly limits: SourceLimits;
  readonly timings: Pick<SourceTimings, 'startMs' | 'stallMs' | 'giveUpMs' | 'killMs'>;
  readonly clock: SourceClock;
  /** A promise holds the next picture back: for files that play as fast as they are taken. */
  readonly onPicture: (jpeg: Uint8Array<ArrayBuffer>) => Promise<void> | void;
  readonly onStall: () => void;
}
export interface AttemptEnd {
  /** Null: ffmpeg came to the end of what there was, after at least one picture. */
  readonly failure: Failure | null;
  readonly pictures: number;
  /** Images too large or broken. */
  readonly leftOut: number;
}

export class SourceAttempt {
  readonly #options: AttemptOptions;
  readonly #process: FfmpegProcess;
  readonly #log: FfmpegLog;
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
    this.#log = new FfmpegLog(options.limits);
    this.#splitter = new JpegSplitter(options.limits.maxFrameBytes);
    this.#process = new FfmpegProcess(options.command, options.clock, options.timings.killMs);
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log.push(text);
      if (this.#log.fatal !== null) void this.stop(this.#log.fatal);
    });
    this.#watch(options.timings.startMs, () => void this.stop(this.#log.failure ?? NO_DATA));
    this.ended = this.#run();
  }

  get format(): PictureFormat | null {
    return this.#format;
  }

  /** Ends it, for a reason if there is one. */
  async stop(reason: Failure | null = null): Promise<void> {
    this.#verdict ??= reason;
    this.#isStopped = true;
    this.#cancelWatch();
    this.#release();
    await this.#process.stop();
  }

  async #run(): Promise<AttemptEnd> {
    try {
      for await (const chunk of this.#process.stdout) {
        for (const jpeg of this.#splitter.push(chunk as Buffer)) await this.#take(jpeg);
      }
    } catch {
      // Its pipe was closed from here; why is said by the verdict.
    }
    // Nothing more can come: an ffmpeg that closed its stdout and hangs is ended as well.
    const cancelKill = this.#options.clock.after(this.#options.timings.killMs, () => void this.#process.stop());
    const exit = await this.#process.exited;
    cancelKill();
    this.#cancelWatch();
    this.#log.end();
    return {
      failure: this.#verdict ?? this.#failureOf(exit),
      pictures: this.#pictures,
      leftOut: this.#splitter.leftOut,
    };
  }

  async #take(jpeg: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#isStopped) return;
    this.#pictures += 1;
    this.#format ??= formatOf(this.#log, readJpegHeader(jpeg));
    this.#cancelWatch();
    const taken = this.#options.onPicture(jpeg);
    if (taken !== undefined) await this.#untilTakenOrStopped(taken);
    // Only from here: while a picture is held back by its taker, the source cannot be blamed.
    if (!this.#isStopped) this.#watch(this.#options.timings.stallMs, () => this.#stall());
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
    this.#cancelWatch = this.#options.clock.after(delayMs, action);
  }

  #failureOf(exit: FfmpegExit): Failure | null {
    if (exit.couldNotStart) return { kind: 'lasting', reason: 'ffmpeg cannot be started; is it installed?' };
    if (this.#pictures > 0) {
      if (exit.code === 0) return null;
      return { kind: 'passing', reason: 'the connection was lost' };
    }
    return (
      this.#log.failure ?? {
        ...connectionFailure(undefined),
        kind: 'passing',
        reason: 'the connection ended before the first picture',
      }
    );
  }
}
