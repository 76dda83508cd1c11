// One registered stream at work: its source's frames go through the pipeline like any client's, its newest answered frame
// is at hand for a look, and its coming and going is told as events.
import type { NewEvent, StreamEventKind } from '../../protocol/events.js';
import type { OkPayload, StreamStats } from '../../protocol/payloads.js';
import type { FrameResult } from '../streams/frame-result.js';
import type { PipelineStream } from '../pipeline.js';
import type { PipelineLog } from '../pipeline-log.js';
import { CameraSource, type SourceCounts } from '../sources/camera-source.js';
import type { SourceFrame } from '../sources/newest-frame.js';
import type { AddressRules } from '../sources/source-address.js';
import { SYSTEM_CLOCK } from '../sources/source-clock.js';
import type { PictureFormat, StreamChangeCounts, StreamStatus } from '../../protocol/streams.js';
import type { SourceLimits, SourceSettings } from '../sources/source-settings.js';
import { FrozenPicture } from './frozen-picture.js';
import { StreamChanges } from './stream-changes.js';

export interface CameraOptions {
  readonly source: SourceSettings;
  readonly rules: AddressRules;
  readonly limits: Partial<SourceLimits>;
  /** Opens the camera's stream in the pipeline. @throws OnlookerError */
  readonly open: (onResult: (result: FrameResult) => void, onScene: (scene: Float32Array) => void) => PipelineStream;
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
  /** Unix ms from which it shows what it showed; null while it is not frozen, or not live. */
  #frozenSinceMs: number | null = null;
  readonly #clock = SYSTEM_CLOCK;
  readonly #frozen = new FrozenPicture();
  readonly #changes = new StreamChanges({
    onChange: (change) => this.#event(`stream_${change}`),
    onFlapping: (counts) => this.#event('stream_flapping', counts),
    onSettled: (counts) => this.#event(this.#condition, counts),
  });

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
      onUnchanged: () => {
        this.#frozen.unchanged(this.#clock.nowMs());
        this.#lookWhetherFrozen();
      },
    });
    this.#stream = options.open(
      (result) => this.#settle(result),
      (scene) => {
        this.#frozen.scene(scene);
        this.#lookWhetherFrozen();
      },
    );
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
  /** Unix ms from which its picture has not changed; null while it does, or while it is not live. */
  get frozenSince(): number | null {
    return this.#frozenSinceMs;
  }
  /** How often it came, went, froze and moved again, and whether too often to tell each time. */
  get changes(): { readonly counts: StreamChangeCounts; readonly isFlapping: boolean } {
    return this.#changes;
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
    this.#changes.close();
    await this.#stream.close('finish');
  }

  /** Busy while as many frames are under way as the credits allow: then the newest one waits at the source. */
  #take({ jpeg }: SourceFrame): Promise<void> | void {
    this.#frozen.picture(jpeg, this.#clock.nowMs());
    this.#lookWhetherFrozen();
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

  #tell({ state }: StreamStatus): void {
    const isUp = state === 'live';
    const isEnd = state === 'disabled';
    const isUntold = isEnd && this.#changes.isFlapping;
    if ((isUp === this.#isUp && !isUntold) || state === 'connecting') return;
    const wasUp = this.#isUp;
    this.#isUp = isUp;
    this.#frozenSinceMs = null;
    if (isEnd) this.#changes.end(wasUp);
    else this.#changes.note(isUp ? 'up' : 'down');
  }

  /** Nothing is said of pictures from before it was lost: one that comes back frozen is told anew. */
  #lookWhetherFrozen(): void {
    const isFrozen = this.#isUp && this.#frozen.isFrozen;
    if (isFrozen === (this.#frozenSinceMs !== null)) return;
    this.#frozenSinceMs = isFrozen ? Math.round(this.#clock.unixMs() - this.#frozen.unchangedMs) : null;
    if (this.#isUp) this.#changes.note(isFrozen ? 'frozen' : 'moving');
  }

  #event(kind: StreamEventKind, changes?: StreamChangeCounts): void {
    const { state, reason, since } = this.#source.state;
    const isOfSource = changes === undefined && (kind === 'stream_up' || kind === 'stream_down');
    this.#options.onEvent({
      kind,
      stream: this.#options.source.id,
      ts: isOfSource ? since : this.#clock.unixMs(),
      state,
      reason: reasonOf(kind) ?? reason,
      ...(changes && { changes }),
    });
  }

  /** What it is now, as the event that tells it. */
  get #condition(): StreamEventKind {
    if (!this.#isUp) return 'stream_down';
    return this.#frozenSinceMs === null ? 'stream_up' : 'stream_frozen';
  }
}

function reasonOf(kind: StreamEventKind): string | null {
  if (kind === 'stream_frozen') return 'the picture does not change';
  if (kind === 'stream_flapping') return 'it comes and goes too often to be told each time';
  return null;
}
