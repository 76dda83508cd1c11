// One registered stream at work: its source's frames go through the pipeline like any client's, its newest answered frame
// is at hand for a look, and its coming and going is told as events.
import type { NewEvent } from '../../protocol/events.js';
import type { OkPayload, StreamStats } from '../../protocol/payloads.js';
import type { FrameResult } from '../frame-result.js';
import type { PipelineStream } from '../pipeline.js';
import type { PipelineLog } from '../pipeline-log.js';
import { CameraSource, type SourceCounts } from '../sources/camera-source.js';
import type { SourceFrame } from '../sources/newest-frame.js';
import type { AddressRules } from '../sources/source-address.js';
import type { PictureFormat, StreamStatus } from '../../protocol/streams.js';
import type { SourceLimits, SourceSettings } from '../sources/source-settings.js';

export interface CameraOptions {
  readonly source: SourceSettings;
  readonly rules: AddressRules;
  readonly limits: Partial<SourceLimits>;
  /** Opens the camera's stream in the pipeline. @throws OnlookerError */
  readonly open: (onResult: (result: FrameResult) => void) => PipelineStream;
  readonly onResult: (result: FrameResult) => void;
  readonly onEvent: (event: NewEvent) => void;
  readonly log: PipelineLog;
}

/** A frame and what was answered to it. */
export interface AnsweredPicture {
  /** JPEG as the camera sent it. */
  readonly jpeg: Uint8Array;
  readonly seq: number;
  readonly payload: OkPayload;
}

export class Camera {
  readonly #options: CameraOptions;
  readonly #source: CameraSource;
  readonly #stream: PipelineStream;
  /** Pictures of frames that are not answered yet. */
  readonly #inHand = new Map<number, Uint8Array>();
  #onAnswer: (() => void) | null = null;
  #answered: AnsweredPicture | null = null;
  #seq = 0;
  #isUp = false;

  /** @throws OnlookerError BAD_MESSAGE for what the source refuses, MODEL_UNAVAILABLE, DRAINING */
  constructor(options: CameraOptions) {
    this.#options = options;
    const { source, rules, limits, log } = options;
    this.#source = new CameraSource(source, {
      rules,
      limits,
      log,
      onFrame: (frame) => this.#take(frame),
      onState: (change) => this.#tell(change),
    });
    this.#stream = options.open((result) => this.#settle(result));
  }

  get status(): StreamStatus {
    return this.#source.state;
  }
  /** Whether it is left alone for long after refused logins. */
  get isLockedOut(): boolean {
    return this.#source.isLockedOut;
  }
  get format(): PictureFormat | null {
    return this.#source.format;
  }
  get counts(): SourceCounts {
    return this.#source.counts;
  }
  get stats(): StreamStats {
    return this.#stream.stats;
  }
  /** The newest picture, whether or not it was looked at; null before there was one. */
  get latest(): Uint8Array | null {
    return this.#source.latest?.jpeg ?? null;
  }
  /** The newest picture that was answered `ok`. */
  get answered(): AnsweredPicture | null {
    return this.#answered;
  }

  start(): void {
    this.#source.start();
  }

  /** Ends the source, then answers what is in hand. */
  async close(): Promise<void> {
    await this.#source.close();
    await this.#stream.close('finish');
  }

  /** Busy while as many frames are under way as the credits allow: then the newest one waits at the source. */
  #take({ jpeg }: SourceFrame): Promise<void> | void {
    const seq = this.#seq++;
    this.#inHand.set(seq, jpeg);
    this.#stream.push({ image: jpeg, seq, ts: null, receivedAtMs: performance.now() });
    if (this.#inHand.size >= this.#stream.credits) return new Promise((resolve) => (this.#onAnswer = resolve));
  }

  #settle(result: FrameResult): void {
    const { seq, outcome } = result;
    const jpeg = this.#inHand.get(seq);
    this.#inHand.delete(seq);
    if (jpeg !== undefined && outcome.status === 'ok') this.#answered = { jpeg, seq, payload: outcome };
    this.#onAnswer?.();
    this.#onAnswer = null;
    this.#options.onResult(result);
  }

  #tell({ state, reason, since }: StreamStatus): void {
    const isUp = state === 'live';
    if (isUp === this.#isUp || state === 'connecting') return;
    this.#isUp = isUp;
    const stream = this.#options.source.id;
    this.#options.onEvent({ kind: isUp ? 'stream_up' : 'stream_down', stream, ts: since, state, reason });
  }
}
