// What a task is to the core: streams and single images come in, jobs for the engine go out, and what came of them becomes
// answers. The core knows no task beyond this.
import type { ClassesFound, FacesFound, ObjectsFound, Task as TaskName } from '../../protocol/payloads.js';
import type { LoadedModel } from '../../protocol/models.js';
import type { OnlookerError } from '../../protocol/errors.js';
import type { FrameJob, Worked } from '../frames/frame-job.js';
import type { LaneTaskSource } from '../lanes/lane.js';
import type { ModelStart, Provider } from '../lanes/lane-protocol.js';
import type { Stage } from '../lanes/stage.js';
import type { RecogniseOptions, StreamOptions } from './stream-options.js';
import type { Cacheable } from './frame-cache.js';

/** What a task tells of a frame: an answer without what the core adds, which is how large the frame is and how long it took. */
export type TaskAnswer = { /** Id of the model that answered. */ readonly model: string } & (
  FacesFound | ClassesFound | ObjectsFound
);

/** One frame on its way through a task. `R` is what comes of it. */
export interface TaskFrame<R = unknown> {
  readonly job: FrameJob<R>;
  /** How what comes of it may be kept for the same bytes; null where it may not. */
  readonly cacheable: Cacheable<R> | null;
  /** What whoever asked is told. Called once, unless the frame is abandoned. */
  answer(worked: Worked<R>): TaskAnswer | Promise<TaskAnswer>;
  /** It failed somewhere on its way: the frames after it must not wait for it. It may be called after `answer` has failed. */
  abandon(): void;
}

/** One stream as a task follows it. It owns no timer: whoever owns it calls `tick`. */
export interface TaskStream {
  /** The next frame, in the order sent. @param atMs when it came, `performance.now()` @param bytes of its image */
  begin(atMs: number, bytes: number): TaskFrame;
  /**
   * The next frame where there is no time to decode it.
   * @returns the frame and what came of it, or null where it has to take its turn
   */
  beginUnseen(atMs: number, image: Uint8Array): { readonly frame: TaskFrame; readonly worked: Promise<Worked<unknown>> } | null;
  /** Why no frame can be worked on at present; asked for each that comes. Left out where that never is. */
  unavailable?(): OnlookerError | null;
  /** To be called ten times a second or so: time passes also when no frames come. */
  tick(): void;
  /** No frame is in hand any more, and none will come. @returns resolves when everything has been told */
  end(): Promise<void>;
}

/** What the core does for a task. */
export interface TaskCore {
  /** Works on one image by itself, ahead of the streams. @throws OnlookerError; what the signal was aborted with */
  work<R>(image: Uint8Array, frame: Pick<TaskFrame<R>, 'job' | 'cacheable'>, signal?: AbortSignal): Promise<Worked<R>>;
  /** As `Lane.tell`, to every lane. */
  tellLanes(task: string, message: unknown): void;
  /** As `LanePool.onEach`. @throws LaneError */
  onEachLane(stage: Pick<Stage, 'task' | 'name'>, items: readonly unknown[]): Promise<readonly (readonly unknown[])[]>;
  /** Nothing more will come of a stage. */
  forgetStage(stage: Pick<Stage, 'task' | 'name'>): void;
  /** How many lanes there are. */
  readonly lanes: number;
  /** Somebody is to be forgotten: frames that were worked on before are. */
  forgetFrames(): void;
  /** @throws OnlookerError DRAINING */
  assertOpen(): void;
}

export interface Task {
  /** What clients call it, and each of its kinds. */
  readonly names: readonly TaskName[];
  /** What lanes open of it. */
  readonly lane: LaneTaskSource;
  /** Its models that are open now, as clients are told of them. @param started those that lanes have opened when they started */
  models(provider: Provider, started: readonly ModelStart[]): readonly LoadedModel[];
  /** Id of the model that would answer. @throws OnlookerError MODEL_UNAVAILABLE */
  modelFor(options: RecogniseOptions): string;
  /** Opens what a single image needs; null where it is open, left out where it always is. @throws OnlookerError MODEL_UNAVAILABLE */
  prepare?(options: RecogniseOptions): Promise<unknown> | null;
  open(options: StreamOptions): TaskStream;
  /** One image by itself. @throws OnlookerError MODEL_UNAVAILABLE where what it needs is not open */
  single(options: RecogniseOptions): TaskFrame;
  /** Called ten times a second or so. */
  tick(): void;
  /** No stream is open any more. Its lanes are closed afterwards. */
  close(): Promise<void>;
}
