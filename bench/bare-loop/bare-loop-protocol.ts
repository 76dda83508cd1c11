// What the benchmark, the bare loop's process and its threads say to each other.
import type { LaneRuntime } from '../../pipeline/lanes/lane-protocol.js';
import type { FaceLaneSettings } from '../../pipeline/tasks/faces/face-lane.js';

/**
 * What is done to a frame. `every-face`: every face of every frame is found, embedded and searched. `tracking`: faces and their
 * points are found, and nothing is embedded: less than what following faces takes. `detect`: faces are found, no more.
 */
export type BareLoopWork =
  | { readonly kind: 'every-face' }
  | { readonly kind: 'detect' }
  /** Faces are looked for in one frame of so many; in those between, points are found in the boxes of the last. */
  | { readonly kind: 'tracking'; readonly detectEvery: number };

export interface BareLoopQuestion {
  readonly workers: number;
  readonly work: BareLoopWork;
  readonly warmupMs: number;
  readonly measureMs: number;
}

export interface BareLoopReport {
  readonly framesPerSecond: number;
  readonly cpuMsPerFrame: number;
  /** Processor time of the process from question to answer, warming up and all. */
  readonly spentCpuMs: number;
  readonly facesPerFrame: number;
  readonly stages: readonly FrameStages[];
}

/** Milliseconds of one frame. */
export interface FrameStages {
  readonly decode: number;
  readonly preprocess: number;
  readonly infer: number;
  readonly match: number;
  readonly total: number;
}

/** What a thread starts with. */
export interface BareLoopWorkerData {
  readonly settings: FaceLaneSettings & LaneRuntime;
  readonly folder: string;
  readonly maxPixels: number;
  /** Which of the cameras it shows, so that threads do not all show the same. */
  readonly camera: number;
  readonly cameras: number;
}
/** Work until the measurement is over; both times are of the whole machine, Unix ms. */
export interface WorkerQuestion {
  readonly work: BareLoopWork;
  readonly measureFromMs: number;
  readonly untilMs: number;
}
export interface WorkerReport {
  readonly frames: readonly FrameStages[];
  readonly faces: number;
}
