// The whole way from frame to result behind one object. It opens no socket and knows no client.
//
//   openStream().push ─▶ StreamQueue ─▶ Turns ─▶ FrameEngine: preprocess pool ─▶ LanePool ─▶ answers ─▶ onResult, in order
//   recognise(), enrol() ───────────────▶┘
import type { PackThresholds, PreparedModel } from '../models/prepared.js';
import { OnlookerError, toOnlookerError } from '../protocol/errors.js';
import type { LoadedModel } from '../protocol/models.js';
import type { FaceRecord, LookalikesAnswer, Person } from '../protocol/people.js';
import type { DropReason, OkPayload, StreamStats, Task } from '../protocol/payloads.js';
import type { TrackAnswer } from '../protocol/tracks.js';
import { answerOf, trackedAnswerOf, WANTED } from './answers.js';
import { EnrolmentGuide, enrolFace, enrolSeen, imageSha256 } from './enrolment.js';
import { DEFAULT_QUALITY_GATE, type QualityGate } from './face-quality.js';
import { FrameEngine, type FrameWork, type WorkedFrame } from './frame-engine.js';
import type { FrameIn, FrameResult } from './frame-result.js';
import type { Gallery } from './gallery/gallery.js';
import { Lookalikes } from './gallery/lookalikes.js';
import { startLanes } from './lane-start.js';
import type { LanePool } from './lane-pool.js';
import type { Provider } from './lane-protocol.js';
import { SILENT_LOG, type PipelineLog } from './pipeline-log.js';
import type { PipelineObserver, PipelineOptions, PipelineState, RecogniseOptions, StreamOptions } from './pipeline-options.js';
import { RecentStreams } from './recent-streams.js';
import { StreamQueue } from './stream-queue.js';
import { withTotal } from './timing.js';
import { trackAnswer } from './track-answer.js';
import { TrackedStream, type TrackedFrame } from './tracked-stream.js';
import { Turns, type FrameTurn, type StreamTurn } from './turns.js';

export interface PipelineStream {
  readonly credits: number;
  /** Id of the model that answers this stream's task. */
  readonly model: string;
  readonly stats: StreamStats;
  /** Never throws and never blocks: whatever is wrong with the frame becomes its result, in order. */
  push(frame: FrameIn): void;
  /**
   * Ends the stream: `finish` answers every frame in hand, a drop reason answers the waiting ones as dropped.
   * @returns the account, after the last result was delivered
   */
  close(how: 'finish' | DropReason): Promise<StreamStats>;
}

interface OpenStream extends StreamTurn {
  /** Null where nobody asked for its faces to be followed. */
  readonly tracked: TrackedStream | null;
  close(how: 'finish' | DropReason): Promise<StreamStats>;
}

/** How often waiting frames are checked against the deadline, as a part of it. */
const SWEEPS_PER_DEADLINE = 8;

export class Pipeline {
  /** The provider that is really live. */
  readonly provider: Provider;
  readonly models: readonly LoadedModel[];
  readonly tasks: readonly Task[];
  readonly #options: PipelineOptions;
  readonly #thresholds: PackThresholds;
  readonly #gate: QualityGate;
  readonly #log: PipelineLog;
  readonly #observer: PipelineObserver | undefined;
  readonly #gallery: Gallery | null;
  readonly #lookalikes: Lookalikes | null;
  readonly #lanes: LanePool;
  readonly #engine: FrameEngine;
  readonly #turns: Turns;
  readonly #streams = new Set<OpenStream>();
  readonly #ended = new RecentStreams();
  readonly #sweep: NodeJS.Timeout;
  readonly #forgetSnapshots: () => void;
  #waitingBytes = 0;
  #requestsOpen = 0;
  #onRequestsDone: (() => void) | null = null;
  #closed: Promise<void> | null = null;

  private constructor(options: PipelineOptions, started: Awaited<ReturnType<typeof startLanes>>, onRoom: { call: () => void }) {
    const { pack } = options;
    this.#options = options;
    this.#thresholds = { ...pack.thresholds, ...options.thresholds };
    this.#gate = { ...DEFAULT_QUALITY_GATE, ...options.quality };
    this.#log = options.log ?? SILENT_LOG;
    this.#observer = options.observer;
    this.#gallery = options.gallery;
    this.#lookalikes = this.#gallery && new Lookalikes(this.#gallery, { level: this.#thresholds.match });
    this.#lanes = started.lanes;
    this.provider = started.provider;
    this.models = started.models;
    this.tasks = pack.embedder === undefined ? ['detect'] : ['faces', 'detect', 'embed'];
    this.#turns = new Turns(options.maxWaitingRequests);
    this.#engine = new FrameEngine(started.lanes, {
      input: pack.detector.input,
      preprocessWorkers: started.preprocessWorkers,
      slots: started.slots,
      maxPixels: options.maxPixels,
      detectionScore: this.#thresholds.detectionScore,
      onRoom: () => this.#pump(),
    });
    onRoom.call = () => this.#pump();
    this.#forgetSnapshots = this.#gallery?.onSnapshot((snapshot) => this.#lanes.useGallery(snapshot)) ?? (() => undefined);
    this.#sweep = setInterval(() => this.#lookAfterStreams(), Math.max(10, options.deadlineMs / SWEEPS_PER_DEADLINE)).unref();
  }

  /** Loads and warms every model. @throws Error when a model, or a provider that was named outright, cannot start */
  static async start(options: PipelineOptions): Promise<Pipeline> {
    const onRoom = { call: (): void => undefined };
    const started = await startLanes(options, () => onRoom.call());
    return new Pipeline(options, started, onRoom);
  }

  /** What keeps it from taking frames; empty when ready. */
  missing(): readonly string[] {
    if (this.#closed !== null) return ['draining'];
    return this.#lanes.lanes.some((lane) => lane.alive) ? [] : ['inference lane'];
  }

  state(): PipelineState {
    let framesWaiting = 0;
    for (const { queue } of this.#streams) framesWaiting += queue.waiting;
    return {
      streams: this.#streams.size,
      framesWaiting,
      framesInFlight: this.#engine.inFlight,
      waitingBytes: this.#waitingBytes,
      requestsWaiting: this.#turns.requestsWaiting,
      batchWaiting: this.#lanes.queued,
      lanes: this.#lanes.lanes.length,
      lanesBusy: this.#lanes.lanes.filter((lane) => !lane.idle).length,
    };
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
    const queue = new StreamQueue(this.#options.credits, (result) => this.#deliver(result, onResult));
    const tracked = task === 'faces' ? this.#trackedStream(options, model.id) : null;
    const plain: FrameTurn['work'] = workOf(options, WANTED[task]);
    const stream: OpenStream = {
      queue,
      tracked,
      begin: (frame) => {
        const settle = (answer: Promise<OkPayload>): void =>
          void answer.then(
            (payload) => queue.settle(frame, payload),
            (error: unknown) => queue.settle(frame, this.#errorOutcome(error)),
          );
        if (tracked === null) {
          const answer = (worked: WorkedFrame): OkPayload => answerOf(task, worked, model.id, this.#gallery, this.#thresholds);
          return { work: plain, settle: (outcome) => settle(outcome.then(answer)) };
        }
        const followed = tracked.begin();
        return {
          work: workOf(options, followed),
          settle: (outcome) => settle(this.#trackedAnswer(followed, outcome, model.id)),
        };
      },
      close: (how) => this.#closeStream(stream, how),
    };
    this.#streams.add(stream);
    return {
      credits: this.#options.credits,
      model: model.id,
      get stats() {
        return queue.stats;
      },
      push: (frame) => this.#push(stream, frame),
      close: (how) => stream.close(how),
    };
  }

  /** One image by itself, ahead of the streams. @throws OnlookerError */
  async recognise(image: Uint8Array, options: RecogniseOptions): Promise<OkPayload> {
    const startMs = performance.now();
    const { task, model } = this.#answerer(options);
    const worked = await this.#request({ ...workOf(options, WANTED[task]), image });
    const answer = withTotal(answerOf(task, worked, model.id, this.#gallery, this.#thresholds), performance.now() - startMs);
    this.#observeTiming(answer);
    return answer;
  }

  /**
   * Enrols the one face of an image through the quality gate.
   * @throws OnlookerError NOT_FOUND, NO_FACE, SEVERAL_FACES, LOW_QUALITY, CONFLICT, MODEL_UNAVAILABLE, and those of a bad image
   */
  async enrol(personId: string, image: Uint8Array): Promise<{ readonly face: FaceRecord; readonly created: boolean }> {
    const gallery = this.#gallery;
    this.#answerer({ task: 'embed' });
    if (gallery === null) throw new OnlookerError('MODEL_UNAVAILABLE');
    if (gallery.person(personId) === undefined) throw new OnlookerError('NOT_FOUND', 'There is no such person.');
    // The bytes are given away with the request, so their hash is taken before.
    const sha256 = await imageSha256(image);
    const guide = new EnrolmentGuide(this.#thresholds.detectionScore, gallery.keepsPictures);
    const worked = await this.#request({ image, want: guide });
    return enrolFace(gallery, personId, worked, { sha256, guide }, { gate: this.#gate, match: this.#thresholds.match });
  }

  /**
   * Enrols the best faces that were seen of a track in view or gone for minutes, through the same gate.
   * @throws OnlookerError NOT_FOUND for the person and the track, LOW_QUALITY, CONFLICT, MODEL_UNAVAILABLE
   */
  async enrolTrack(trackId: string, personId: string): Promise<readonly FaceRecord[]> {
    const gallery = this.#gallery;
    this.#answerer({ task: 'embed' });
    if (gallery === null) throw new OnlookerError('MODEL_UNAVAILABLE');
    if (gallery.person(personId) === undefined) throw new OnlookerError('NOT_FOUND', 'There is no such person.');
    for (const tracked of [...this.#trackedStreams(), ...this.#ended.streams]) {
      const seen = tracked.bestOf(trackId);
      if (seen !== undefined) return enrolSeen(gallery, personId, seen, { gate: this.#gate, match: this.#thresholds.match });
    }
    throw noTrack();
  }

  /** People whose faces are so alike that one could be named as the other, most similar first. @throws OnlookerError MODEL_UNAVAILABLE, DRAINING */
  async lookalikes(limit: number): Promise<LookalikesAnswer> {
    this.#answerer({ task: 'embed' });
    if (this.#gallery === null || this.#lookalikes === null) throw new OnlookerError('MODEL_UNAVAILABLE');
    const gallery = this.#gallery;
    const { pairs, isComplete, galleryVersion } = await this.#lookalikes.find();
    const person = (owner: number): Person | undefined => gallery.person(gallery.owner(owner)?.id ?? '');
    const told = pairs.flatMap(({ a, b, similarity }) => {
      const [one, other] = [person(a), person(b)];
      return one === undefined || other === undefined ? [] : [{ people: [one, other] as const, similarity }];
    });
    return {
      pairs: told.slice(0, limit),
      level: this.#lookalikes.level,
      complete: isComplete,
      gallery_version: galleryVersion,
    };
  }

  /** All that is known of a track in view or gone for minutes. @throws OnlookerError NOT_FOUND, MODEL_UNAVAILABLE, DRAINING */
  track(trackId: string): TrackAnswer {
    this.#answerer({ task: 'embed' });
    for (const tracked of [...this.#trackedStreams(), ...this.#ended.streams]) {
      const account = tracked.account(trackId);
      if (account !== undefined) return trackAnswer(account, this.#gate, (id) => this.#gallery?.person(id)?.name);
    }
    throw noTrack();
  }

  /** Answers what is in hand, drops what waits (`draining`), then stops every thread. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.all([...this.#streams].map((stream) => stream.close('draining')));
    if (this.#requestsOpen > 0) await new Promise<void>((resolve) => (this.#onRequestsDone = resolve));
    this.#forgetSnapshots();
    await this.#lookalikes?.close();
    await this.#engine.close();
  }

  #answerer(options: RecogniseOptions): { readonly task: Exclude<Task, 'classify'>; readonly model: PreparedModel } {
    if (this.#closed !== null) throw new OnlookerError('DRAINING');
    const { task } = options;
    const model = task === 'detect' ? this.#options.pack.detector : this.#options.pack.embedder;
    if (task === 'classify' || model === undefined) {
      throw new OnlookerError('MODEL_UNAVAILABLE', `No model for the task ${task} is loaded.`);
    }
    if (options.model !== undefined && options.model !== model.id) {
      throw new OnlookerError('MODEL_UNAVAILABLE', `No such model is loaded for the task ${task}; ${model.id} is.`);
    }
    return { task, model };
  }

  #trackedStream({ tracking, thumbnails = false }: StreamOptions, model: string): TrackedStream | null {
    const gallery = this.#gallery;
    if (tracking === undefined || gallery === null) return null;
    const { detectionScore } = this.#thresholds;
    return new TrackedStream({ ...tracking, thumbnails, model, gallery, detectionScore, rule: this.#thresholds });
  }

  async #trackedAnswer(frame: TrackedFrame, outcome: Promise<WorkedFrame>, model: string): Promise<OkPayload> {
    try {
      const worked = await outcome;
      const decisions = await frame.learn(worked.faces);
      return trackedAnswerOf(worked, decisions, model, this.#gallery);
    } catch (error) {
      frame.abandon();
      throw error;
    }
  }

  #trackedStreams(): TrackedStream[] {
    return [...this.#streams].flatMap(({ tracked }) => (tracked === null ? [] : [tracked]));
  }

  #push(stream: OpenStream, frame: FrameIn): void {
    const { queue } = stream;
    const bytes = frame.image.byteLength;
    this.#observer?.received(bytes);
    const { maxFrameBytes, maxWaitingBytes } = this.#options;
    if (bytes > maxFrameBytes) {
      const message = `The image has ${bytes} bytes; at most ${maxFrameBytes} are taken.`;
      queue.pushAnswered(frame, { status: 'error', code: 'TOO_LARGE', message });
      return;
    }
    if (this.#waitingBytes - queue.waitingBytes + bytes > maxWaitingBytes) {
      queue.pushAnswered(frame, { status: 'error', code: 'OVERLOADED', message: 'Too many images are waiting in the service.' });
      return;
    }
    this.#changeQueue(queue, () => queue.push(frame));
    this.#turns.join(stream);
    this.#pump();
  }

  /** Keeps the sum of waiting bytes in step with one queue. */
  #changeQueue<T>(queue: StreamQueue, change: () => T): T {
    const before = queue.waitingBytes;
    const result = change();
    this.#waitingBytes += queue.waitingBytes - before;
    return result;
  }

  async #closeStream(stream: OpenStream, how: 'finish' | DropReason): Promise<StreamStats> {
    const { queue } = stream;
    if (how !== 'finish') this.#changeQueue(queue, () => queue.dropWaiting(how));
    await queue.settled();
    this.#turns.leave(stream);
    // Twice where it was taken over while it was closing.
    if (this.#streams.delete(stream) && stream.tracked !== null) {
      stream.tracked.end();
      this.#ended.add(stream.tracked);
    }
    return queue.stats;
  }

  async #request(work: FrameWork): Promise<WorkedFrame> {
    if (work.image.byteLength > this.#options.maxFrameBytes) throw new OnlookerError('TOO_LARGE');
    this.#requestsOpen++;
    try {
      const answer = this.#turns.request(work);
      this.#pump();
      return await answer;
    } catch (error) {
      this.#logInternal(error);
      throw toOnlookerError(error);
    } finally {
      this.#requestsOpen--;
      if (this.#requestsOpen === 0) this.#onRequestsDone?.();
    }
  }

  /** Hands frames to the engine while it has room: what does not fit waits in its stream, where newer frames replace it. */
  #pump(): void {
    while (this.#engine.hasRoom) {
      const turn = this.#nextTurn();
      if (turn === undefined) return;
      turn.settle(this.#engine.work(turn.work));
    }
  }

  #nextTurn(): ReturnType<Turns['next']> {
    const turn = this.#turns.next();
    if (turn?.fromStream === true) this.#waitingBytes -= turn.work.image.byteLength;
    return turn;
  }

  #lookAfterStreams(): void {
    const before = performance.now() - this.#options.deadlineMs;
    for (const { queue, tracked } of this.#streams) {
      this.#changeQueue(queue, () => queue.dropOlderThan(before));
      tracked?.tick();
    }
    this.#ended.expire();
    // They tell nothing any more, but forget people who were deleted.
    for (const tracked of this.#ended.streams) tracked.tick();
  }

  #deliver(result: FrameResult, onResult: (result: FrameResult) => void): void {
    const { outcome } = result;
    if (outcome.status === 'ok') {
      this.#observer?.frame('ok', '');
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
    for (const stage of ['decode', 'preprocess', 'queue', 'infer', 'match', 'total'] as const)
      this.#observer.stage(stage, timing[stage]);
  }

  #errorOutcome(error: unknown): { status: 'error'; code: OnlookerError['code']; message: string } {
    this.#logInternal(error);
    const { code, message } = toOnlookerError(error);
    return { status: 'error', code, message };
  }

  #logInternal(error: unknown): void {
    if (!(error instanceof OnlookerError)) this.#log.error({ err: error }, 'a frame could not be worked on');
  }
}

function workOf(options: RecogniseOptions, want: FrameWork['want']): Omit<FrameWork, 'image'> {
  return {
    want,
    ...(options.region === undefined ? {} : { region: options.region }),
    ...(options.minFacePx === undefined ? {} : { minFacePx: options.minFacePx }),
  };
}

function noTrack(): OnlookerError {
  return new OnlookerError('NOT_FOUND', 'There is no such track in view, nor was there one in the last minutes.');
}
