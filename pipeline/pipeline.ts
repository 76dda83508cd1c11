// The whole way from frame to result behind one object, and the one place that knows which tasks there are. It opens no socket and
// knows no client.
//
//   openStream().push ─▶ StreamQueue ─▶ FairQueue ─▶ FrameEngine: decode pool ─▶ the task's job: LanePool ─▶ answer ─▶ onResult
//   recognise() ────────────────────────────┘
import { OnlookerError, toOnlookerError } from '../protocol/errors.js';
import type { LoadedModel } from '../protocol/models.js';
import type { DropReason, ErrorPayload, FrameOutcome, OkPayload, StreamStats, Task as TaskName } from '../protocol/payloads.js';
import { FrameEngine } from './frames/frame-engine.js';
import type { Worked } from './frames/frame-job.js';
import { ImageMemory } from './frames/image-memory.js';
import { isLarge } from './images/decoding-cost.js';
import { readImageHeader } from './images/image-header.js';
import type { ModelStart, Provider } from './lanes/lane-protocol.js';
import { startLanes, type StartedLanes } from './lanes/lane-start.js';
import { noModel } from './lanes/no-model-error.js';
import { SILENT_LOG, type PipelineLog } from './pipeline-log.js';
import type { PipelineObserver, PipelineOptions, PipelineState } from './pipeline-options.js';
import { OpenModels } from './served/open-models.js';
import type { RecogniseOptions, StreamOptions } from './streams/stream-options.js';
import { FairQueue, type FrameTurn, type Room, type Turn } from './scheduling/fair-queue.js';
import type { LanePool } from './scheduling/lane-pool.js';
import { NoLaneError } from './scheduling/no-lane-error.js';
import { FrameCache, sha256Of, type CacheFigures } from './streams/frame-cache.js';
import type { FrameIn, FrameResult } from './streams/frame-result.js';
import { OpenStream } from './streams/open-stream.js';
import { SingleImages } from './streams/single-images.js';
import { StreamQueue, type WaitingBytes } from './streams/stream-queue.js';
import { LateCore } from './streams/late-core.js';
import type { Task, TaskFrame } from './streams/task.js';
import { payloadOf, withTotal } from './streams/timing.js';
import { Classify } from './tasks/classify/classify.js';
import { Faces } from './tasks/faces/faces.js';
import { Objects } from './tasks/objects/objects.js';
import { standstillMs } from './threads/running-time.js';
import { tuningFor } from './tuning/tuner.js';
import type { Tuning } from './tuning/tuning-store.js';

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
/** When it is worth sending again what a model was not open for. */
const MODEL_RETRY_MS = 1000;
const STAGES = ['decode', 'preprocess', 'queue', 'infer', 'match', 'total'] as const;

export class Pipeline {
  /** The provider that is really live. */
  readonly provider: Provider;
  /** What was measured of this machine; null where nothing was. */
  readonly tuning: Tuning | null;
  readonly #options: PipelineOptions;
  readonly #log: PipelineLog;
  readonly #observer: PipelineObserver | undefined;
  readonly #tasks: readonly Task[];
  readonly #faces: Faces | null;
  /** Models that lie in folders; null where none may. */
  readonly served: OpenModels | null;
  readonly #startedModels: readonly ModelStart[];
  readonly #lanes: LanePool;
  readonly #engine: FrameEngine;
  readonly #turns: FairQueue;
  readonly #cache: FrameCache;
  readonly #singleImages: SingleImages;
  readonly #streams = new Set<OpenStream>();
  readonly #asides = new Set<Promise<unknown>>();
  readonly #sweep: NodeJS.Timeout;
  readonly #images = new ImageMemory(KEPT_IMAGE_BYTES);
  readonly #waitingBytes: WaitingBytes = { used: 0 };
  #closed: Promise<void> | null = null;

  private constructor(options: PipelineOptions, started: StartedLanes, { faces, served, all }: PipelineTasks, core: LateCore) {
    this.#options = options;
    this.#log = options.log ?? SILENT_LOG;
    this.#observer = options.observer;
    this.#faces = faces;
    this.#tasks = all;
    this.#lanes = started.lanes;
    this.provider = started.provider;
    this.served = served;
    this.#startedModels = started.models;
    this.tuning = started.tuning;
    this.#lanes.expectFrom(() => this.#engine.preprocessing);
    this.#turns = new FairQueue(options.maxWaitingRequests);
    this.#engine = new FrameEngine(started.lanes, {
      preprocessWorkers: started.preprocessWorkers,
      slots: started.slots,
      maxPixels: options.maxPixels,
      onRoom: () => this.#pump(),
    });
    this.#cache = new FrameCache(options.cache?.bytes ?? 0);
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
    core.connect({
      work: (image, frame, signal) => this.#request(image, frame, signal),
      tellLanes: (task, message) => this.#lanes.tell(task, message),
      onEachLane: (stage, items) => this.#lanes.onEach(stage, items),
      forgetStage: (stage) => this.#lanes.forget(stage),
      lanes: this.#lanes.lanes.length,
      forgetFrames: () => this.#cache.forget(),
      assertOpen: () => this.#assertOpen(),
      onLaneBack: () => {
        // What waited for it first; it may be all that there is room for.
        this.#lanes.dispatch();
        this.#pump();
      },
    });
    this.#sweep = setInterval(() => this.#lookAfterStreams(), SWEEP_MS).unref();
  }

  /** Loads and warms every model. @throws Error when a model, or a provider that was named outright, cannot start */
  static async start(options: PipelineOptions): Promise<Pipeline> {
    const { pack, tuner, detectEvery, log = SILENT_LOG } = options;
    const core = new LateCore();
    const tasks = tasksOf(options, core);
    const started = await startLanes(
      {
        ...options,
        tasks: tasks.all.map(({ lane }) => lane),
        tuningOf: (provider, mayMeasure) => {
          // What is measured is how long faces take.
          if (tuner === undefined || pack === null) return Promise.resolve(null);
          return tuningFor(pack, provider, { ...tuner, measure: mayMeasure && tuner.measure, detectEvery }, log);
        },
      },
      () => core.onLaneBack(),
    );
    return new Pipeline(options, started, tasks, core);
  }

  /** People, and whoever is in view. @throws OnlookerError DRAINING, MODEL_UNAVAILABLE where there are no faces */
  get faces(): Faces {
    this.#assertOpen();
    if (this.#faces === null) throw noModel('This service runs without faces.');
    return this.#faces;
  }

  /** Those that are open now. */
  get models(): readonly LoadedModel[] {
    return this.#tasks.flatMap((task) => task.models(this.provider, this.#startedModels));
  }

  get tasks(): readonly TaskName[] {
    return this.#tasks.flatMap(({ names }) => names);
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
    return this.#taskFor(options).modelFor(options);
  }

  /** Opens what a single image needs; null where it is open. @throws OnlookerError MODEL_UNAVAILABLE, DRAINING */
  prepare(options: RecogniseOptions): Promise<unknown> | null {
    return this.#taskFor(options).prepare?.(options) ?? null;
  }

  /**
   * @param onResult called once for every frame, in the order pushed
   * @throws OnlookerError MODEL_UNAVAILABLE (also for a `model` that is not loaded), DRAINING
   */
  openStream(options: StreamOptions, onResult: (result: FrameResult) => void): PipelineStream {
    const task = this.#taskFor(options);
    const model = task.modelFor(options);
    const { credits, deadlineMs, maxFrameBytes } = this.#options;
    const queue = new StreamQueue(credits, (result) => this.#deliver(result, onResult), this.#waitingBytes);
    const stream = new OpenStream({
      onScene: options.onScene,
      queue,
      task: task.open(options),
      weight: options.weight ?? 1,
      deadlineMs: options.deadlineMs ?? deadlineMs,
      usualDeadlineMs: deadlineMs,
      maxFrameBytes: options.maxFrameBytes ?? maxFrameBytes,
      errorOutcome: (error) => this.#errorOutcome(error),
    });
    this.#streams.add(stream);
    return {
      credits,
      model,
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
    const task = this.#taskFor(options);
    await task.prepare?.(options);
    const frame = task.single(options);
    try {
      const worked = await this.#request(image, frame, signal);
      const answer = withTotal(payloadOf(worked, await frame.answer(worked)), performance.now() - startMs);
      this.#observeTiming(answer);
      return answer;
    } catch (error) {
      frame.abandon();
      throw error;
    }
  }

  /**
   * Other work with pictures, when its turn has come: it goes by the same turns as single images, a few at once.
   * @throws OnlookerError OVERLOADED, DRAINING; what the job throws
   */
  async aside<T>(job: () => Promise<T>): Promise<T> {
    this.#assertOpen();
    const done = this.#turns.aside(job);
    this.#asides.add(done);
    this.#pump();
    try {
      return await done;
    } finally {
      this.#asides.delete(done);
    }
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
    await this.#singleImages.settled();
    await Promise.allSettled(this.#asides);
    await Promise.all(this.#tasks.map((task) => task.close()));
    await this.served?.close();
    this.#cache.forget();
    await this.#engine.close();
  }

  /** @throws OnlookerError DRAINING, MODEL_UNAVAILABLE */
  #taskFor({ task: name }: RecogniseOptions): Task {
    this.#assertOpen();
    const task = this.#tasks.find(({ names }) => names.includes(name));
    if (task === undefined) throw noModel(`No model for the task ${name} is loaded.`);
    return task;
  }

  #assertOpen(): void {
    if (this.#closed !== null) throw new OnlookerError('DRAINING');
  }

  #push(stream: OpenStream, frame: FrameIn, refusal: FrameRefusal | null): void {
    const { queue, maxFrameBytes } = stream;
    const bytes = frame.image.byteLength;
    this.#observer?.received(bytes);
    const { maxWaitingBytes } = this.#options;
    const refused = refusal ?? refusalBy(stream.task.unavailable?.() ?? null);
    if (refused !== null) {
      queue.pushAnswered(frame, { status: 'error', ...refused });
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
    if (this.#streams.delete(stream)) stream.ended = stream.task.end();
    await stream.ended;
    return queue.stats;
  }

  async #request<R>(
    image: Uint8Array,
    frame: Pick<TaskFrame<R>, 'job' | 'cacheable'>,
    signal: AbortSignal | undefined,
  ): Promise<Worked<R>> {
    try {
      return await this.#singleImages.worked(image, frame, signal);
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
  #work({ work, cacheable, spent }: Extract<Turn, FrameTurn>): Promise<Worked<unknown>> {
    if (cacheable === null) return this.#engine.work(work, spent);
    let isWorkedOn = false;
    const worked = this.#cache.worked(cacheable, sha256Of(work.image.bytes), () => {
      isWorkedOn = true;
      return this.#engine.work(work, spent);
    });
    // The engine releases what it works on, and tells what it was.
    if (!isWorkedOn) {
      work.image.release();
      spent(0);
    }
    return worked;
  }

  #lookAfterStreams(): void {
    // So that a standstill shows, also while no stream is open.
    standstillMs();
    const nowMs = performance.now();
    const isIdle = this.#engine.inFlight === 0;
    for (const stream of this.#streams) {
      stream.dropLate(nowMs, isIdle);
      stream.task.tick();
    }
    this.#lanes.dropOverdue(nowMs);
    for (const task of this.#tasks) task.tick();
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

function refusalBy(error: OnlookerError | null): FrameRefusal | null {
  if (error === null) return null;
  const { code, message } = error;
  return { code, message, retry_after_ms: MODEL_RETRY_MS };
}

interface PipelineTasks {
  readonly faces: Faces | null;
  readonly served: OpenModels | null;
  readonly all: readonly Task[];
}

function tasksOf(options: PipelineOptions, core: LateCore): PipelineTasks {
  const { pack, gallery, thresholds, quality, detectEvery, cache, served: given, observer, log = SILENT_LOG } = options;
  const cachesStreams = cache?.streams === true;
  const faces = pack && new Faces({ pack, gallery, thresholds, quality, detectEvery, cachesStreams }, core);
  const all: Task[] = faces === null ? [] : [faces];
  if (given === undefined) return { faces, served: null, all };
  const { catalogue, memoryBytes, classMinimum: minimum } = given;
  const models = new OpenModels({ catalogue, memoryBytes, log }, core);
  const onDecided = (model: string, isAccepted: boolean): void => observer?.decided(model, isAccepted);
  all.push(new Classify({ models, minimum, cachesStreams, onDecided }), new Objects({ models, cachesStreams }));
  return { faces, served: models, all };
}
