// A camera of the browser as a stream of the service: frames within the credits and as many and as good as service and
// network take, results with the frames they belong to. Must never go on taking pictures when it is closed, paused, or
// when nobody can see the page.
import type { SendChoice } from '../../protocol/messages.js';
import type { Task } from '../../protocol/payloads.js';
import { OnlookerClient } from '../client.js';
import { Emitter } from '../emitter.js';
import { OnlookerClientError, StreamClosedError } from '../errors.js';
import type { FrameResult } from '../results.js';
import type { OnlookerStream } from '../stream.js';
import { Adaptation } from './adaptation.js';
import { CameraError } from './camera-error.js';
import type {
  CameraSource,
  CameraState,
  CameraStats,
  CameraStreamEvents,
  CameraStreamOptions,
  CapturedFrame,
} from './camera-options.js';
import type { Capture } from './capture.js';
import { FrameSender } from './frame-sender.js';
import { PageCapture } from './page-capture.js';
import { PictureSource, quietVideo } from './picture-source.js';
import { WorkerCapture } from './worker-capture.js';

const DEFAULTS = { maxFps: 30, maxWidthPx: 1280, targetMs: 250 };
/** People wait in front of a page: it is back sooner than a program would be. */
const RECONNECT = { initialDelayMs: 200, maxDelayMs: 2_000 };

interface Parts<T extends Task> {
  readonly client: OnlookerClient;
  readonly ownsClient: boolean;
  readonly stream: OnlookerStream<T, unknown>;
  readonly source: PictureSource;
  readonly wanted: CameraSource;
  readonly maxFps: number;
  readonly maxWidthPx: number;
  readonly targetMs: number;
  readonly pauseWhenHidden: boolean;
  readonly isWithoutResults: boolean;
}

export class CameraStream<T extends Task = 'faces'> extends Emitter<CameraStreamEvents<T>> {
  /** Shows the moving picture; put it on the page, or leave it. */
  readonly video: HTMLVideoElement;
  readonly #parts: Parts<T>;
  readonly #adaptation: Adaptation;
  readonly #sender: FrameSender<T>;
  /** Takes the listeners off everything that outlives this stream. */
  readonly #listening = new AbortController();
  #source: PictureSource;
  #capture: Capture | undefined;
  #running: { readonly end: AbortController; readonly ended: Promise<void> } | undefined;
  #state: CameraState = 'reconnecting';
  #isPaused = false;
  #isCameraLost = false;
  #isOver = false;
  #closing: Promise<void> | undefined;

  /**
   * Asks for the camera, connects, and begins to send.
   *
   * @throws CameraError · ConnectionError · ServerError · the signal's reason
   */
  static async open<T extends Task = 'faces', S extends SendChoice = 'both'>(
    options: CameraStreamOptions<T, S> = {},
  ): Promise<CameraStream<T>> {
    const {
      url,
      client: shared,
      source: wanted = { kind: 'camera' },
      pauseWhenHidden = true,
      signal,
      key,
      headers,
      ...rest
    } = options;
    const { maxFps = DEFAULTS.maxFps, maxWidthPx = DEFAULTS.maxWidthPx, targetMs = DEFAULTS.targetMs, ...fields } = rest;
    signal?.throwIfAborted();
    const source = await PictureSource.open(wanted, maxFps, quietVideo());
    let client = shared;
    try {
      signal?.throwIfAborted();
      client ??= await OnlookerClient.connect(url ?? serviceOfModule(), {
        reconnect: RECONNECT,
        ...(key === undefined ? {} : { key }),
        ...(headers ? { headers } : {}),
        ...(signal ? { signal } : {}),
      });
      const stream = await client.open<T, S>({ ...fields, stream: fields.stream ?? ownId() });
      const opened = new CameraStream<T>({
        client,
        ownsClient: shared === undefined,
        stream: stream,
        source,
        wanted,
        maxFps,
        maxWidthPx,
        targetMs,
        pauseWhenHidden,
        isWithoutResults: fields.send === 'events',
      });
      if (signal?.aborted) await opened.close();
      signal?.throwIfAborted();
      return opened;
    } catch (error) {
      source.close();
      if (!shared) await client?.close();
      throw error;
    }
  }

  private constructor(parts: Parts<T>) {
    super();
    this.#parts = parts;
    this.#source = parts.source;
    this.video = parts.source.video;
    const { maxFps, maxWidthPx, targetMs } = parts;
    this.#adaptation = new Adaptation({ maxFps, maxWidthPx, targetMs });
    this.#adaptation.sized(this.video.videoWidth, this.video.videoHeight);
    this.#sender = new FrameSender({
      stream: parts.stream,
      adaptation: this.#adaptation,
      unsentBytes: () => parts.client.unsentBytes,
      isWithoutResults: parts.isWithoutResults,
      onRefused: (error) => this.#complain(error),
      onAdapted: () => this.emit('adapted', this.#adaptation.settings, this.#adaptation.limitedBy),
    });
    this.#listen();
    this.#update();
  }

  /** Id of the stream at the service. */
  get id(): string {
    return this.#parts.stream.id;
  }
  get state(): CameraState {
    return this.#state;
  }

  get stats(): CameraStats {
    const { stream } = this.#parts;
    const { fps, widthPx, quality } = this.#adaptation.settings;
    return {
      ...stream.counts,
      ...this.#sender.figures,
      state: this.#state,
      credits: stream.credits,
      unanswered: stream.unanswered,
      widthPx,
      quality,
      fps,
      limitedBy: this.#adaptation.limitedBy,
      capture: this.#capture?.kind ?? 'page',
    };
  }

  /** The frame that a result belongs to, while it is among the last few. */
  frameOf(seq: number): CapturedFrame | undefined {
    return this.#sender.frameOf(seq);
  }

  pause(): void {
    this.#isPaused = true;
    this.#update();
  }

  resume(): void {
    this.#isPaused = false;
    this.#update();
  }

  /** Lets the camera go and closes the stream; its frames in hand are answered first. May be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#isOver = true;
    this.#listening.abort();
    this.#update();
    this.#capture?.close();
    this.#source.close();
    await this.#running?.ended;
    // One that was only being started.
    this.#capture?.close();
    await this.#parts.stream.close();
    if (this.#parts.ownsClient) await this.#parts.client.close();
    this.#sender.close();
  }

  #listen(): void {
    const { client, stream } = this.#parts;
    const { signal } = this.#listening;
    const offs = [
      stream.on('opened', () => this.#update()),
      stream.on('interrupted', () => {
        this.#sender.interrupted();
        this.#update();
      }),
      stream.on('error', (error) => this.#complain(error)),
      client.on('error', (error) => this.#complain(error)),
      stream.on('closed', (reason) => {
        if (reason !== 'client') this.#end(new StreamClosedError(stream.id, reason));
      }),
    ];
    signal.addEventListener('abort', () => offs.forEach((off) => off()));
    // What was in hand when it was closed is still told.
    stream.on('result', (result: FrameResult<T>) => this.emit('result', result, this.#sender.answered(result)));
    stream.on('event', (event) => this.emit('event', event));
    document.addEventListener('visibilitychange', () => this.#update(), { signal });
    this.#watchTrack();
    if (this.#parts.wanted.kind === 'camera') {
      navigator.mediaDevices.addEventListener('devicechange', () => void this.#reopenCamera(), { signal });
    }
  }

  /** Everything that may have changed leads here: the state is told, and the loop runs in `live` alone. */
  #update(): void {
    const before = this.#state;
    this.#state = this.#stateNow();
    if (this.#state === 'live') this.#running ??= this.#run();
    else this.#running?.end.abort();
    if (this.#state !== before) this.emit('state', this.#state, before);
  }

  #stateNow(): CameraState {
    if (this.#isOver) return 'closed';
    if (this.#isCameraLost) return 'camera_lost';
    if (this.#isPaused) return 'paused';
    if (this.#parts.pauseWhenHidden && document.visibilityState === 'hidden') return 'hidden';
    return this.#parts.stream.state === 'open' ? 'live' : 'reconnecting';
  }

  #run() {
    const end = new AbortController();
    const ended = this.#takeAndSend(end.signal)
      .catch((error: unknown) => this.#end(error))
      .finally(() => {
        this.#running = undefined;
        // It may have been resumed while the last picture was still being taken.
        if (!this.#isOver) this.#update();
      });
    return { end, ended };
  }

  async #takeAndSend(signal: AbortSignal): Promise<void> {
    const capture = (this.#capture ??= await this.#startCapture());
    await this.#sender.run(capture, signal);
    if (!signal.aborted) this.#loseCamera();
  }

  async #startCapture(): Promise<Capture> {
    const { track, video } = this.#source;
    return (track && (await WorkerCapture.start(track, video))) ?? new PageCapture(video);
  }

  #watchTrack(): void {
    this.#source.track?.addEventListener('ended', () => this.#loseCamera(), { signal: this.#listening.signal, once: true });
  }

  #loseCamera(): void {
    if (this.#isOver || this.#isCameraLost) return;
    this.#isCameraLost = true;
    this.#capture?.close();
    this.#capture = undefined;
    this.#source.close();
    this.#complain(new CameraError('camera_lost', 'the camera gives no more pictures'));
    this.#update();
  }

  /** A device came or went: the camera may be back, at once or at the next time. */
  async #reopenCamera(): Promise<void> {
    if (!this.#isCameraLost || this.#isOver) return;
    const { wanted, maxFps } = this.#parts;
    const source = await PictureSource.open(wanted, maxFps, this.video).catch(() => undefined);
    // Meanwhile it may have been closed, or opened by the same event told twice.
    if (!source || this.#isOver || !this.#isCameraLost) return source?.close();
    this.#source = source;
    this.#isCameraLost = false;
    this.#watchTrack();
    this.#update();
  }

  #complain(error: unknown): void {
    if (error instanceof OnlookerClientError) this.emit('error', error);
  }

  /** It cannot go on. */
  #end(error: unknown): void {
    if (this.#isOver) return;
    this.#complain(error);
    void this.close();
  }
}

/** Where this module came from: the folder of `/client.js`, which may be below a path, and otherwise, in a bundle, its origin. */
function serviceOfModule(): URL {
  const module = new URL(import.meta.url);
  return new URL(module.pathname.endsWith('/client.js') ? '.' : '/', module);
}

/** Nobody else has it: two pages must not take each other's stream over. */
function ownId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  return `browser-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
