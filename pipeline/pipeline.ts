// The whole way from frame to result behind one object. It opens no socket and knows no client.
//
//   openStream().push ─▶ StreamQueue ─▶ Turns ─▶ FrameEngine: preprocess pool ─▶ LanePool ─▶ answers ─▶ onResult, in order
//   recognise(), enrol() ───────────────▶┘
import type { PackThresholds, PreparedModel } from '../models/prepared.js';
import { OnlookerError, toOnlookerError } from '../protocol/errors.js';
import type { LoadedModel } from '../protocol/models.js';
import type { FaceRecord, LookalikesAnswer } from '../protocol/people.js';
import type { DropReason, ErrorPayload, FrameOutcome, OkPayload, StreamStats, Task } from '../protocol/payloads.js';
import type { TrackAnswer } from '../protocol/tracks.js';
import { answerOf, WANTED } from './tasks/faces/answers.js';
import { isLarge } from './images/decoding-cost.js';
import { EnrolmentGuide, enrolFace, enrolSeen, imageSha256, type EnrolmentRule } from './tasks/faces/enrolment.js';
import { FacePictures } from './face-pictures.js';
import { DEFAULT_QUALITY_GATE, type QualityGate } from './tasks/faces/face-quality.js';
import { FrameCache, sha256Of, type CacheFigures } from './streams/frame-cache.js';
import { FrameEngine, type WorkedFrame } from './frames/frame-engine.js';
import type { FrameIn, FrameResult } from './streams/frame-result.js';
import { readImageHeader } from './images/image-header.js';
import { ImageMemory } from './frames/image-memory.js';
import type { MatchRule } from './tasks/faces/gallery/decision.js';
import type { Gallery } from './tasks/faces/gallery/gallery.js';
import { lookalikesAnswer } from './tasks/faces/gallery/lookalikes-answer.js';
import { Lookalikes } from './tasks/faces/gallery/lookalikes.js';
import { startLanes, type StartedLanes } from './lanes/lane-start.js';
import type { Provider } from './lanes/lane-protocol.js';
import { OpenStream, workOf, type AskedWork } from './streams/open-stream.js';
import { SILENT_LOG, type PipelineLog } from './pipeline-log.js';
import type { PipelineObserver, PipelineOptions, PipelineState, RecogniseOptions, StreamOptions } from './pipeline-options.js';
import { RecentStreams } from './tasks/faces/ended-streams.js';
import type { LanePool } from './scheduling/lane-pool.js';
import { noModel } from './lanes/no-model-error.js';
import { NoLaneError } from './scheduling/no-lane-error.js';
import { Turns, type FrameTurn, type Room, type Turn } from './scheduling/fair-queue.js';
import { SingleImages } from './streams/single-images.js';
import { StreamQueue, type WaitingBytes } from './streams/stream-queue.js';
import { withTotal } from './streams/timing.js';
import type { Tuning } from './tuning/tuning-store.js';
import { picturesOf, trackAnswer } from './tasks/faces/track-answer.js';
import { TrackedStream } from './tasks/faces/tracked-stream.js';

/** Why a frame is not worked on. */
export type FrameRefusal = Omit<ErrorPayload, 'status'>;

export interface PipelineStream {
  readonly credits: number;
  /** Id of the model that answers this stream's task. */
  readonly model: string;
  readonly stats: StreamStats;
  /** Never throws and never blocks: whatever is wrong with the frame becomes its result, in order. */
  /** @param refusal where it is not to be worked on: its answer, in its turn */
  push(frame: FrameIn, refusal?: FrameRefusal | null): void;
  /**
   * Ends the stream: `finish` answers every frame in hand, a drop reason answers the waiting ones as dropped.
   * @returns the account, after the last result was delivered
   */
  close(how: 'finish' | DropReason): Promise<StreamStats>;
}

/** How often what waits is checked against its deadline, and tracks for who has left. */
const SWEEP_MS = 100;
/** Memory of images that is kept for the next ones. */
const KEPT_IMAGE_BYTES = 16 * 1024 * 1024;
const STAGES = ['decode', 'preprocess', 'queue', 'infer', 'match', 'total'] as const;

export class Pipeline {
  /** The provider that is really live. */
  readonly provider: Provider;
  readonly models: readonly LoadedModel[];
  readonly tasks: readonly Task[];
  /** What was measured of this machine; null where nothing was. */
  readonly tuning: Tuning | null;
  readonly #options: PipelineOptions;
  readonly #thresholds: PackThresholds & MatchRule;
  readonly #gate: QualityGate;
  readonly #log: PipelineLog;
  readonly #observer: PipelineObserver | undefined;
  readonly #gallery: Gallery | null;
  readonly #lookalikes: Lookalikes | null;
  readonly #lanes: LanePool;
  readonly #engine: FrameEngine;
  readonly #turns: Turns;
  readonly #cache: FrameCache;
  readonly #singleImages: SingleImages;
  readonly #streams = new Set<OpenStream>();
  readonly #ended = new RecentStreams();
  readonly #asides = new Set<Promise<unknown>>();
  readonly #sweep: NodeJS.Timeout;
  readonly #forgetSnapshots: () => void;
  readonly #forgetRemovals: () => void;
  readonly #images = new ImageMemory(KEPT_IMAGE_BYTES);
  readonly #pictures = new FacePictures();
  readonly #waitingBytes: WaitingBytes = { used: 0 };
  #closed: Promise<void> | null = null;

  private constructor(options: PipelineOptions, started: StartedLanes, onLaneBack: { call: () => void }) {
    const { pack } = options;
    this.#options = options;
    const areTwins = (one: string, other: string): boolean => options.gallery?.twins.areTwins(one, other) ?? false;
    this.#thresholds = { ...pack.thresholds, ...options.thresholds, areTwins };
    this.#gate = { ...DEFAULT_QUALITY_GATE, ...options.quality };
    this.#log = options.log ?? SILENT_LOG;
    this.#observer = options.observer;
    this.#gallery = options.gallery;
    this.#lookalikes = this.#gallery && new Lookalikes(this.#gallery, { level: this.#thresholds.match });
    this.#lanes = started.lanes;
    this.provider = started.provider;
    this.models = started.models;
    this.tuning = started.tuning;
    this.#lanes.expectFrom(() => this.#engine.preprocessing);
    this.tasks = pack.embedder === undefined ? ['detect'] : ['faces', 'detect', 'embed'];
    this.#turns = new Turns(options.maxWaitingRequests);
    this.#engine = new FrameEngine(started.lanes, {
      input: pack.detector.input,
      preprocessWorkers: started.preprocessWorkers,
      slots: started.slots,
      maxPixels: options.maxPixels,
      detectionScore: this.#thresholds.detectionScore,
      nmsIou: this.#thresholds.nmsIou,
      onRoom: () => this.#pump(),
    });
    onLaneBack.call = () => {
      // What waited for it first; it may be all that there is room for.
      this.#lanes.dispatch();
      this.#pump();
    };
    this.#cache = new FrameCache(options.cache?.bytes ?? 0, () => this.#gallery?.version ?? 0);
    this.#singleImages = new SingleImages({
      cache: this.#cache,
      turns: this.#turns,
      images: this.#images,
      maxFrameBytes: options.maxFrameBytes,
      maxWaitingBytes: options.maxWaitingBytes,
      waitingBytes: this.#waitingBytes,
      deadlineMs: options.deadlineMs,
      onWaiting: () => this.#pump(),
    });
    this.#forgetRemovals = this.#gallery?.onRemoval(() => this.#cache.forget()) ?? (() => undefined);
    this.#forgetSnapshots = this.#gallery?.onSnapshot((snapshot) => this.#lanes.useGallery(snapshot)) ?? (() => undefined);
    this.#sweep = setInterval(() => this.#lookAfterStreams(), SWEEP_MS).unref();
  }

  /** Loads and warms every model. @throws Error when a model, or a provider that was named outright, cannot start */
  static async start(options: PipelineOptions): Promise<Pipeline> {
    const onLaneBack = { call: (): void => undefined };
    const started = await startLanes(options, () => onLaneBack.call());
    return new Pipeline(options, started, onLaneBack);
  }

  /** What keeps it from taking frames; empty when ready. */
  missing(): readonly string[] {
    if (this.#closed !== null) return ['draining'];
    return this.#lanes.lanes.some((lane) => lane.alive) ? [] : ['inference lane'];
  }

  /** How long a lane that had died should take to be back, ms; undefined where one is there. */
  get backInMs(): number | undefined {
    return this.#lanes.backInMs;
  }

  state(): PipelineState {
    let framesWaiting = 0;
    for (const { queue } of this.#streams) framesWaiting += queue.waiting;
    return {
      streams: this.#streams.size,
      framesWaiting,
      framesInFlight: this.#engine.inFlight,
      waitingBytes: this.#waitingBytes.used,
      requestsWaiting: this.#turns.requestsWaiting,
      batchWaiting: this.#lanes.queued,
      lanes: this.#lanes.lanes.length,
      lanesBusy: this.#lanes.lanes.filter((lane) => !lane.idle).length,
    };
  }

  /** What was answered from memory so far. */
  get cacheFigures(): CacheFigures {
    return this.#cache.figures;
  }

  /** Id of the model that would answer. @throws OnlookerError MODEL_UNAVAILABLE, DRAINING */
  modelFor(options: RecogniseOptions): string {
    return this.#answerer(options).model.id;
  }

  /**
   * @param onResult called once for every frame, in the order pushed
   * @throws OnlookerError MODEL_UNAVAILABLE (also for a `model` that is not loaded), DRAINING
   */
  openStream(options: StreamOptions, onResult: (result: FrameResult) => void): PipelineStream {
    const { task, model } = this.#answerer(options);
    const { credits, deadlineMs } = this.#options;
    const queue = new StreamQueue(credits, (result) => this.#deliver(result, onResult), this.#waitingBytes);
    const stream = new OpenStream({
      options: { ...options, task },
      queue,
      tracked: task === 'faces' ? this.#trackedStream(options, model.id) : null,
      weight: options.weight ?? 1,
      deadlineMs: options.deadlineMs ?? deadlineMs,
      usualDeadlineMs: deadlineMs,
      model: model.id,
      gallery: this.#gallery,
      thresholds: this.#thresholds,
      errorOutcome: (error) => this.#errorOutcome(error),
    });
    this.#streams.add(stream);
    return {
      credits,
      model: model.id,
      get stats() {
        return queue.stats;
      },
      push: (frame, refusal = null) => this.#push(stream, frame, refusal),
      close: (how) => this.#closeStream(stream, how),
    };
  }

  /**
   * One image by itself, ahead of the streams.
   * @param signal aborted when nobody waits for the answer any more
   * @throws OnlookerError; what the signal was aborted with
   */
  async recognise(image: Uint8Array, options: RecogniseOptions, signal?: AbortSignal): Promise<OkPayload> {
    const startMs = performance.now();
    const { task, model } = this.#answerer(options);
    const worked = await this.#request(image, workOf(options, WANTED[task]), signal);
    const answer = withTotal(answerOf(task, worked, model.id, this.#gallery, this.#thresholds), performance.now() - startMs);
    this.#observeTiming(answer);
    return answer;
  }

  /**
   * Enrols the one face of an image through the quality gate.
   * @param twinOf ids of people who resemble the person and are others: their likeness is no reason to refuse
   * @param signal as of `recognise`
   * @throws OnlookerError NOT_FOUND, NO_FACE, SEVERAL_FACES, LOW_QUALITY, CONFLICT, MODEL_UNAVAILABLE, and those of a bad image
   */
  async enrol(
    personId: string,
    image: Uint8Array,
    twinOf: readonly string[] = [],
    signal?: AbortSignal,
  ): Promise<{ readonly face: FaceRecord; readonly created: boolean }> {
    const gallery = this.#gallery;
    this.#answerer({ task: 'embed' });
    if (gallery === null) throw noModel();
    if (!gallery.has(personId)) throw new OnlookerError('NOT_FOUND', 'There is no such person.');
    const guide = new EnrolmentGuide(this.#thresholds.detectionScore, gallery.keepsPictures);
    const worked = await this.#request(image, { want: guide }, signal);
    const sha256 = await imageSha256(image);
    return enrolFace(gallery, personId, worked, { sha256, guide }, this.#enrolmentRule(gallery, personId, twinOf));
  }

  /**
   * Enrols the best faces that were seen of a track in view or gone for minutes, through the same gate.
   * @param twinOf as of `enrol`
   * @throws OnlookerError NOT_FOUND for the person and the track, LOW_QUALITY, CONFLICT, MODEL_UNAVAILABLE
   */
  async enrolTrack(trackId: string, personId: string, twinOf: readonly string[] = []): Promise<readonly FaceRecord[]> {
    const gallery = this.#gallery;
    this.#answerer({ task: 'embed' });
    if (gallery === null) throw noModel();
    if (!gallery.has(personId)) throw new OnlookerError('NOT_FOUND', 'There is no such person.');
    const seen = this.#ofTracks((tracked) => tracked.bestOf(trackId));
    return enrolSeen(gallery, personId, seen, this.#enrolmentRule(gallery, personId, twinOf));
  }

  /**
   * Other work with pictures, when its turn has come: it goes by the same turns as single images, a few at once.
   * @throws OnlookerError OVERLOADED, DRAINING; what the job throws
   */
  async aside<T>(job: () => Promise<T>): Promise<T> {
    if (this.#closed !== null) throw new OnlookerError('DRAINING');
    const done = this.#turns.aside(job);
    this.#asides.add(done);
    this.#pump();
    try {
      return await done;
    } finally {
      this.#asides.delete(done);
    }
  }

  /** People whose faces are so alike that one could be named as the other, and who are not declared twins, most similar first. @throws OnlookerError MODEL_UNAVAILABLE, DRAINING */
  async lookalikes(limit: number): Promise<LookalikesAnswer> {
    this.#answerer({ task: 'embed' });
    if (this.#gallery === null || this.#lookalikes === null) throw noModel();
    return lookalikesAnswer(await this.#lookalikes.find(), this.#gallery, this.#lookalikes.level, limit);
  }

  /** All that is known of a track in view or gone for minutes. @throws OnlookerError NOT_FOUND, MODEL_UNAVAILABLE, DRAINING */
  async track(trackId: string): Promise<TrackAnswer> {
    this.#answerer({ task: 'embed' });
    const account = this.#ofTracks((tracked) => tracked.account(trackId));
    await picturesOf(account);
    return trackAnswer(account, this.#gate, (id) => this.#gallery?.nameOf(id));
  }

  /** Answers what is in hand, drops what waits (`draining`), then stops every thread. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#sweep);
    this.#lanes.drain();
    await Promise.all([...this.#streams].map((stream) => this.#closeStream(stream, 'draining')));
    await this.#ended.told();
    await this.#singleImages.settled();
    await Promise.allSettled(this.#asides);
    this.#forgetSnapshots();
    this.#forgetRemovals();
    this.#cache.forget();
    await this.#lookalikes?.close();
    await this.#engine.close();
  }

  #answerer(options: RecogniseOptions): { readonly task: Exclude<Task, 'classify'>; readonly model: PreparedModel } {
    if (this.#closed !== null) throw new OnlookerError('DRAINING');
    const { task } = options;
    const model = task === 'detect' ? this.#options.pack.detector : this.#options.pack.embedder;
    if (task === 'classify' || model === undefined) {
      throw noModel(`No model for the task ${task} is loaded.`);
    }
    if (options.model !== undefined && options.model !== model.id) {
      throw noModel(`No such model is loaded for the task ${task}; ${model.id} is.`);
    }
    return { task, model };
  }

  #trackedStream(options: StreamOptions, model: string): TrackedStream | null {
    const { tracking, thumbnails = false, detectEvery = this.#options.detectEvery } = options;
    const gallery = this.#gallery;
    if (tracking === undefined || gallery === null) return null;
    const { detectionScore } = this.#thresholds;
    const pictures = thumbnails ? this.#pictures : null;
    return new TrackedStream({ ...tracking, pictures, detectEvery, model, gallery, detectionScore, rule: this.#thresholds });
  }

  /** @throws OnlookerError NOT_FOUND, BAD_MESSAGE, LIMIT_REACHED for twins whom there cannot be */
  #enrolmentRule(gallery: Gallery, personId: string, twinOf: readonly string[]): EnrolmentRule {
    gallery.assertCanBeTwins(personId, twinOf);
    return { gate: this.#gate, match: this.#thresholds.match, twinOf };
  }

  /** The first that is found in the streams, or in those that ended a short while ago. @throws OnlookerError NOT_FOUND */
  #ofTracks<T>(find: (tracked: TrackedStream) => T | undefined): T {
    for (const tracked of [...[...this.#streams].flatMap(({ tracked }) => tracked ?? []), ...this.#ended.streams]) {
      const found = find(tracked);
      if (found !== undefined) return found;
    }
    throw new OnlookerError('NOT_FOUND', 'There is no such track in view, nor was there one in the last minutes.');
  }

  #push(stream: OpenStream, frame: FrameIn, refusal: FrameRefusal | null): void {
    const { queue } = stream;
    const bytes = frame.image.byteLength;
    this.#observer?.received(bytes);
    const { maxFrameBytes, maxWaitingBytes } = this.#options;
    if (refusal !== null) {
      queue.pushAnswered(frame, { status: 'error', ...refusal });
      return;
    }
    if (bytes > maxFrameBytes) {
      const message = `The image has ${bytes} bytes; at most ${maxFrameBytes} are taken.`;
      queue.pushAnswered(frame, { status: 'error', code: 'TOO_LARGE', message });
      return;
    }
    if (this.#waitingBytes.used - queue.waitingBytes + bytes > maxWaitingBytes) {
      // All that waits is answered or dropped by its deadline.
      const retry_after_ms = this.#options.deadlineMs;
      const message = 'Too many images are waiting in the service.';
      queue.pushAnswered(frame, { status: 'error', code: 'OVERLOADED', message, retry_after_ms });
      return;
    }
    const isBusy = !this.#engine.hasRoomFor('usual') && this.#turns.streamsWaiting > 0;
    if (isBusy && stream.takeUnseen(frame)) return;
    queue.push(frame, this.#images.hold(frame.image), isLarge(readImageHeader(frame.image)));
    this.#turns.join(stream);
    this.#pump();
  }

  async #closeStream(stream: OpenStream, how: 'finish' | DropReason): Promise<StreamStats> {
    const { queue } = stream;
    if (how !== 'finish') queue.dropWaiting(how);
    await queue.settled();
    this.#turns.leave(stream);
    // Twice where it was taken over while it was closing.
    if (this.#streams.delete(stream) && stream.tracked !== null) {
      this.#ended.add(stream.tracked);
      stream.tracked.end();
    }
    await stream.tracked?.told();
    return queue.stats;
  }

  async #request(image: Uint8Array, asked: AskedWork, signal: AbortSignal | undefined): Promise<WorkedFrame> {
    try {
      return await this.#singleImages.worked(image, asked, signal);
    } catch (error) {
      signal?.throwIfAborted();
      this.#logInternal(error);
      throw toOnlookerError(error);
    }
  }

  /** Hands frames to the engine while it has room: what does not fit waits in its stream, where newer frames replace it. */
  #pump(): void {
    const engine = this.#engine;
    while (engine.hasRoomFor('usual') || engine.hasRoomFor('large')) {
      const { dearMs, inFlight } = engine;
      const room: Room = { isIdle: inFlight === 0, dearMs, fits: (size) => engine.hasRoomFor(size) };
      const turn = this.#turns.next(performance.now(), room);
      if (turn === undefined) break;
      if ('job' in turn) void engine.aside(turn.job, turn.spent);
      else turn.settle(this.#work(turn));
    }
    // Now frames wait: those that can be answered without work would only make all of them late.
    if (!engine.hasRoomFor('usual')) this.#turns.relieve();
  }

  /** Single images have been looked for before they took their turn; those of streams are where that was asked for. */
  #work({ work, spent }: Extract<Turn, FrameTurn>): Promise<WorkedFrame> {
    const { image, origin, want: asked } = work;
    if (this.#options.cache?.streams !== true || origin.isInteractive || typeof asked !== 'string')
      return this.#engine.work(work, spent);
    let isWorkedOn = false;
    const worked = this.#cache.worked(work, sha256Of(image.bytes), (want) => {
      isWorkedOn = true;
      return this.#engine.work({ ...work, want }, spent);
    });
    // The engine releases what it works on, and tells what it was.
    if (!isWorkedOn) {
      image.release();
      spent(0);
    }
    return worked;
  }

  #lookAfterStreams(): void {
    const nowMs = performance.now();
    const isIdle = this.#engine.inFlight === 0;
    for (const stream of this.#streams) {
      stream.dropLate(nowMs, isIdle);
      stream.tracked?.tick();
    }
    this.#lanes.dropOverdue(nowMs);
    this.#ended.expire();
    // They tell nothing any more, but forget people who were deleted.
    for (const tracked of this.#ended.streams) tracked.tick();
  }

  #deliver(result: FrameResult, onResult: (result: FrameResult) => void): void {
    const { outcome } = result;
    if (outcome.status === 'ok') {
      this.#observer?.frame('ok', '');
      if ('carried' in outcome) this.#observer?.carried(outcome.timing.decode === 0 ? 'unseen' : 'glance');
      this.#observeTiming(outcome);
    } else if (outcome.status === 'dropped') {
      this.#observer?.frame('dropped', outcome.reason);
    } else {
      this.#observer?.frame('error', outcome.code);
    }
    try {
      onResult(result);
    } catch (error) {
      this.#log.error({ err: error }, 'a listener for results failed');
    }
  }

  #observeTiming({ timing }: OkPayload): void {
    if (this.#observer === undefined) return;
    // What came from the cache, or was carried on unseen, went through no stage.
    const stages = timing.decode === 0 ? (['total'] as const) : STAGES;
    for (const stage of stages) this.#observer.stage(stage, timing[stage]);
  }

  #errorOutcome(error: unknown): FrameOutcome {
    if (error instanceof NoLaneError) return { status: 'dropped', reason: error.reason };
    this.#logInternal(error);
    const { code, message } = toOnlookerError(error);
    return { status: 'error', code, message };
  }

  #logInternal(error: unknown): void {
    if (!(error instanceof OnlookerError)) this.#log.error({ err: error }, 'a frame could not be worked on');
  }
}
