// One camera or file, watched for months: keeps a run of ffmpeg going, hands its newest pictures on, and says at any time
// how it is. Every end of ffmpeg is a failure until proven otherwise; only pictures prove that a camera is live.
//
//   disabled ──start──▶ connecting ──picture──▶ live ──silence──▶ stalled ──picture──▶ live
//      ▲                    │  ▲                  │                  │
//      └─ disable, file's   ▼  │                  ▼                  ▼ (given up)
//         end            backoff (passing) or failed (lasting) ◀─────┘
import { OnlookerError } from '../../protocol/errors.js';
import { SILENT_LOG, type PipelineLog } from '../pipeline-log.js';
import { LOGIN_TRIES, retryAfterMs } from './backoff.js';
import { veiled } from './camera-connection.js';
import { isCopied } from './ffmpeg-command.js';
import { connectionFailure, WAITING_FOR_KEY_FRAME, type Failure } from './failure.js';
import { chooseHwaccel } from './hardware.js';
import { knock } from './knock.js';
import { MotionGate } from './motion-gate.js';
import { NewestFrame, type SourceFrame, type TakeFrame } from './newest-frame.js';
import { openFeed } from './open-feed.js';
import type { PictureFeed } from './picture-feed.js';
import { RateGuard } from './rate-guard.js';
import { PictureRhythm } from './picture-rhythm.js';
import { parseAddress, redacted, type AddressRules, type SourceAddress } from './source-address.js';
import { SourceAttempt, type AttemptEnd } from './source-attempt.js';
import { SYSTEM_CLOCK, type SourceClock } from './source-clock.js';
import { STREAM_FPS_DEFAULT, type PictureFormat, type StreamState, type StreamStatus } from '../../protocol/streams.js';
import {
  checkSettings,
  SOURCE_LIMITS,
  SOURCE_TIMINGS,
  type SourceLimits,
  type SourceSettings,
  type SourceTimings,
} from './source-settings.js';

export interface CameraSourceOptions {
  /** A promise means: busy until it settles; meanwhile only the newest frame waits. */
  readonly onFrame: TakeFrame;
  readonly onState: (change: StreamStatus) => void;
  /** The camera says that its picture is still the same. Must not throw. */
  readonly onUnchanged?: () => void;
  readonly rules: AddressRules;
  readonly limits?: Partial<SourceLimits>;
  readonly timings?: Partial<SourceTimings>;
  readonly clock?: SourceClock;
  /** In 0..1. */
  readonly random?: () => number;
  readonly log?: PipelineLog;
}
export interface SourceCounts {
  /** Given to `onFrame`. */
  readonly delivered: number;
  /** Replaced by a newer one while `onFrame` was busy. */
  readonly dropped: number;
  /** Held back by the motion gate. */
  readonly unchanged: number;
  /** Images too large or broken. */
  readonly leftOut: number;
  /** Runs of ffmpeg after the first. */
  readonly reconnects: number;
}

/** A camera that was live may say strange things while it starts: so many lasting failures are then taken for passing. */
const DOUBTED_FAILURES = 3;
/** No attempt follows another sooner. */
const LEAST_WAIT_MS = 50;

export class CameraSource {
  readonly #settings: SourceSettings;
  readonly #address: SourceAddress;
  readonly #rules: AddressRules;
  readonly #limits: SourceLimits;
  readonly #timings: SourceTimings;
  readonly #clock: SourceClock;
  readonly #random: () => number;
  readonly #log: PipelineLog;
  readonly #onState: (change: StreamStatus) => void;
  readonly #onUnchanged: () => void;
  readonly #newest: NewestFrame;
  readonly #gate: MotionGate | null;
  #state: StreamStatus;
  /** A function: whether it is a still shows only after its first picture. */
  #formatNow: () => PictureFormat | null = () => null;
  #latest: SourceFrame | null = null;
  #attempts = 0;
  #leftOut = 0;
  #wasLive = false;
  /** Its hardware let it down: decoded in software from then on. */
  #isSoftware = false;
  /** Its login was refused so often that it is left alone for long. */
  #isLockedOut = false;
  #isPatient = false;
  /** How far its pictures come apart; for as long as it is registered. */
  readonly #rhythm: PictureRhythm;
  #isClosed = false;
  #abort: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();

  /** Opens nothing yet. @throws OnlookerError BAD_MESSAGE for an address or a setting that is refused */
  constructor(settings: SourceSettings, options: CameraSourceOptions) {
    checkSettings(settings);
    this.#settings = settings;
    this.#address = parseAddress(settings.url, options.rules);
    this.#rules = options.rules;
    this.#limits = { ...SOURCE_LIMITS, ...options.limits };
    this.#timings = { ...SOURCE_TIMINGS, ...options.timings };
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#random = options.random ?? Math.random;
    this.#log = options.log ?? SILENT_LOG;
    this.#onState = options.onState;
    this.#onUnchanged = options.onUnchanged ?? (() => undefined);
    this.#rhythm = new PictureRhythm(settings, this.#timings);
    this.#gate = settings.motionGate === true ? new MotionGate() : null;
    this.#newest = new NewestFrame(this.#gated(options.onFrame), (error) => {
      this.#log.error({ stream: settings.id, err: error }, 'a frame of a camera could not be handed on');
    });
    this.#state = { state: 'disabled', reason: null, since: this.#clock.unixMs() };
  }

  get state(): StreamStatus {
    return this.#state;
  }
  /** Whether it waits long because its login was refused: a new start asks it at once. */
  get isLockedOut(): boolean {
    return this.#isLockedOut && this.#state.state === 'failed';
  }
  /** What the camera sends; null until it has sent something. */
  get format(): PictureFormat | null {
    return this.#formatNow();
  }
  /** The newest picture, also one that the motion gate held back or that is from before the camera was lost. */
  get latest(): SourceFrame | null {
    return this.#latest;
  }
  /** The address without its password. */
  get url(): string {
    return redacted(this.#settings.url);
  }
  get counts(): SourceCounts {
    const { delivered, dropped } = this.#newest.counts;
    const unchanged = this.#gate?.heldBack ?? 0;
    const reconnects = Math.max(0, this.#attempts - 1);
    return { delivered: delivered - unchanged, dropped, unchanged, leftOut: this.#leftOut, reconnects };
  }

  /** Begins, also again after `disable`. Nothing happens when it runs already. */
  start(): void {
    if (this.#isClosed || this.#abort !== null) return;
    const abort = new AbortController();
    this.#abort = abort;
    this.#become('connecting', null);
    this.#running = this.#running.then(() => this.#run(abort));
  }

  /** Ends ffmpeg and waits until nothing of it is left. */
  async disable(): Promise<void> {
    this.#abort?.abort();
    this.#abort = null;
    await this.#running;
    if (this.#abort === null) this.#become('disabled', null);
  }

  /** As `disable`, for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.disable();
  }

  async #run(abort: AbortController): Promise<void> {
    const { signal } = abort;
    let failures = 0;
    let refusals = 0;
    while (!signal.aborted) {
      const startedMs = this.#clock.nowMs();
      const { failure, wasHealthy } = await this.#attempt(refusals > 0 ? 0 : failures, signal).catch((error: unknown) => {
        this.#log.error({ stream: this.#settings.id, err: error }, 'a camera could not be attempted');
        const inside: Failure = { kind: 'passing', reason: 'an error inside of the service' };
        return { failure: inside, wasHealthy: false };
      });
      this.#newest.clear();
      if (signal.aborted) return;
      if (failure === null) {
        this.#abort = null;
        return this.#become('disabled', 'the file has ended');
      }
      failures = wasHealthy ? 1 : failures + 1;
      // Only a picture proves that a login was taken: what else fails in between keeps the count, and the wait.
      if (this.#state.state === 'live' || this.#state.state === 'stalled') refusals = 0;
      if (failure.kind === 'refused') refusals += 1;
      this.#isLockedOut = refusals >= LOGIN_TRIES;
      const kind = failure.kind === 'lasting' && this.#wasLive && failures <= DOUBTED_FAILURES ? 'passing' : failure.kind;
      const isFailed = kind === 'lasting' || kind === 'refused';
      this.#become(
        isFailed ? 'failed' : 'backoff',
        this.#isLockedOut && isFailed ? pausedReason(failure, this.#timings) : failure.reason,
      );
      const waitMs =
        (refusals > 0
          ? retryAfterMs('refused', refusals, this.#timings, this.#random())
          : retryAfterMs(kind, failures, this.#timings, this.#random())) -
        (this.#clock.nowMs() - startedMs);
      await this.#pause(Math.max(LEAST_WAIT_MS, waitMs, failure.waitMs ?? 0), signal);
    }
  }

  /** @returns why it ended, null: a file that came to its end */
  async #attempt(failures: number, signal: AbortSignal): Promise<{ failure: Failure | null; wasHealthy: boolean }> {
    const hwaccel = await this.#hardware();
    const feed = await this.#open(failures, hwaccel, signal);
    if ('reason' in feed) return { failure: await veiled(feed, this.#address, this.#rules), wasHealthy: false };
    let liveSinceMs: number | null = null;
    let pictureMs: number | null = null;
    const receive = this.#receiver();
    const attempt = new SourceAttempt({
      feed,
      limits: this.#limits,
      timings: this.#timings,
      gapMs: () => this.#rhythm.gapMs,
      keyFramesOnly: this.#settings.keyFramesOnly === true,
      clock: this.#clock,
      onPicture: (jpeg) => {
        if (signal.aborted) return;
        const nowMs = this.#clock.nowMs();
        if (pictureMs !== null) this.#rhythm.saw(nowMs - pictureMs);
        pictureMs = nowMs;
        liveSinceMs ??= pictureMs;
        this.#formatNow = () => attempt.format;
        this.#wasLive = true;
        this.#become('live', null);
        return receive(jpeg);
      },
      onAlive: () => {
        if (signal.aborted) return;
        this.#become('live', null);
        this.#onUnchanged();
      },
      onStall: () => this.#become('stalled', 'no picture comes'),
      onKeyFrameWait: () => {
        // One that failed stays so until it is live.
        if (this.#state.state === 'failed') return;
        this.#become(liveSinceMs === null ? 'connecting' : 'stalled', WAITING_FOR_KEY_FRAME);
      },
    });
    const stop = (): void => void attempt.stop();
    signal.addEventListener('abort', stop, { once: true });
    // A listener to the state may have ended it just now.
    if (signal.aborted) stop();
    const end = await attempt.ended;
    signal.removeEventListener('abort', stop);
    this.#leftOut += end.leftOut;
    this.#learn(end, hwaccel);
    const wasHealthy = liveSinceMs !== null && this.#clock.nowMs() - liveSinceMs >= this.#timings.healthyMs;
    const isFile = this.#address.kind === 'media';
    const failure = end.failure ?? (isFile ? null : ({ kind: 'passing', reason: 'the camera ended the stream' } as const));
    return { failure: await veiled(failure, this.#address, this.#rules), wasHealthy };
  }

  async #hardware(): Promise<string | null> {
    const wanted = this.#settings.hwaccel ?? 'none';
    if (wanted === 'none' || this.#isSoftware) return null;
    const method = await chooseHwaccel(wanted);
    this.#isSoftware = method === null;
    if (method === null)
      this.#log.warn({ stream: this.#settings.id, hwaccel: wanted }, 'no such hardware here: decoding in software');
    return method;
  }

  /** The source, opened; or why it cannot be now. */
  async #open(failures: number, hwaccel: string | null, signal: AbortSignal): Promise<PictureFeed | Failure> {
    const address = this.#address;
    const rules = this.#rules;
    // The first attempt goes straight to the camera; only one that was away is asked whether it is there.
    if (address.kind !== 'media' && failures > 0) {
      const closed = await knock(address, { rules, signal, timeoutMs: this.#timings.connectMs });
      if (closed !== null) return closed;
    }
    if (signal.aborted) return connectionFailure(undefined);
    // One that failed stays so until it is live: it would flicker otherwise.
    if (this.#state.state !== 'failed') this.#become('connecting', this.#state.reason);
    this.#attempts += 1;
    try {
      return await openFeed(address, this.#settings, {
        ...{ rules, signal, hwaccel, limits: this.#limits, timings: this.#timings, clock: this.#clock, log: this.#log },
        isPatient: this.#isPatient,
      });
    } catch (error) {
      if (address.kind !== 'media') throw error;
      return { kind: 'lasting', reason: error instanceof OnlookerError ? error.message : 'the file cannot be read' };
    }
  }

  /** What to do otherwise the next time. */
  #learn(end: AttemptEnd, hwaccel: string | null): void {
    if (end.wasSilent) this.#rhythm.fellSilent(end.pictures);
    if (end.pictures > 0 || end.failure === null) return;
    if (hwaccel !== null && !this.#isSoftware) {
      this.#isSoftware = true;
      this.#log.warn({ stream: this.#settings.id, hwaccel }, 'no picture with hardware decoding: going on in software');
    }
    // Every other time: a stream that a quick look does not understand gets a long one.
    this.#isPatient = !this.#isPatient;
  }

  #receiver(): (jpeg: Uint8Array<ArrayBuffer>) => Promise<void> | void {
    const { fps = STREAM_FPS_DEFAULT, realtime = true } = this.#settings;
    if (this.#address.kind === 'media' && !realtime) {
      const startMs = this.#clock.unixMs();
      let place = 0;
      return (jpeg) => this.#newest.deliver(this.#keep(jpeg, startMs + (place++ * 1000) / fps));
    }
    const guard = isCopied(this.#address.kind, this.#settings) ? new RateGuard(fps, 1.5) : new RateGuard(fps * 1.5, 4);
    return (jpeg) => {
      if (guard.lets(this.#clock.nowMs())) this.#newest.offer(this.#keep(jpeg, this.#clock.unixMs()));
    };
  }

  #keep(jpeg: Uint8Array<ArrayBuffer>, atMs: number): SourceFrame {
    this.#latest = { jpeg, atMs };
    return this.#latest;
  }

  #gated(onFrame: TakeFrame): TakeFrame {
    const gate = this.#gate;
    if (gate === null) return onFrame;
    return async (frame) => {
      if (await gate.lets(frame.jpeg, frame.atMs)) await onFrame(frame);
    };
  }

  #become(state: StreamState, reason: string | null): void {
    if (this.#state.state === state && this.#state.reason === reason) return;
    const since = this.#state.state === state ? this.#state.since : this.#clock.unixMs();
    this.#state = { state, reason, since };
    const fields = { stream: this.#settings.id, state, ...(reason === null ? {} : { reason }) };
    if (state === 'failed' || state === 'stalled' || state === 'backoff') this.#log.warn(fields, 'camera');
    else this.#log.info(fields, 'camera');
    try {
      this.#onState(this.#state);
    } catch (error) {
      this.#log.error({ stream: this.#settings.id, err: error }, 'a listener to the state of a camera failed');
    }
  }

  #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        cancel();
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const cancel = this.#clock.after(delayMs, finish);
      signal.addEventListener('abort', finish, { once: true });
      if (signal.aborted) finish();
    });
  }
}

function pausedReason({ reason }: Failure, { refusedPauseMs }: SourceTimings): string {
  return `${reason}; after ${LOGIN_TRIES} tries it is asked again in ${Math.round(refusedPauseMs / 60_000)} minutes, or once the stream is changed`;
}
