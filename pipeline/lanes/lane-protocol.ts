// What the main thread and an inference lane say to each other. Plain data and shared memory only; what is in the items of a job
// is its task's alone.

/** An execution provider of onnxruntime-node. */
export type Provider = 'cpu' | 'cuda' | 'tensorrt' | 'webgpu';

/** What a lane's sessions are opened with. */
export interface LaneRuntime {
  readonly provider: Provider;
  /** Threads within an operator; one where several lanes share the processor. */
  readonly intraOpThreads: number;
  /** Batch sizes in use, ascending, beginning with 1: a fixed ladder, since free shapes make the arena grow. */
  readonly ladder: readonly number[];
}

/** A task as a lane's thread opens it. */
export interface LaneTaskStart {
  readonly name: string;
  /** Address of the module that exports `openLaneTask`. */
  readonly module: string;
  readonly settings: unknown;
}
export interface LaneStart extends LaneRuntime {
  readonly tasks: readonly LaneTaskStart[];
}

export interface ModelStart {
  readonly id: string;
  readonly loadMs: number;
  readonly warmupMs: number;
}
export interface LaneReady {
  readonly kind: 'ready';
  readonly models: readonly ModelStart[];
}

export interface LaneJob {
  readonly kind: 'run';
  readonly id: number;
  readonly task: string;
  readonly stage: string;
  readonly items: readonly unknown[];
}
export type LaneCommand =
  LaneJob | { readonly kind: 'tell'; readonly task: string; readonly message: unknown } | { readonly kind: 'close' };

export interface BatchRun {
  readonly model: string;
  readonly size: number;
}
export interface LaneCost {
  readonly inferMs: number;
  readonly matchMs: number;
  readonly batches: readonly BatchRun[];
}
/** What came of a job: an answer for each of its items, in their order. */
export interface LaneDone extends LaneCost {
  readonly kind: 'done';
  readonly id: number;
  readonly answers: readonly unknown[];
}
export type LaneReport =
  | LaneReady
  | { readonly kind: 'start-failed'; readonly message: string }
  | LaneDone
  | { readonly kind: 'job-failed'; readonly id: number; readonly message: string };
