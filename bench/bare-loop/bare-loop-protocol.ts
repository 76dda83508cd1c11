// What the benchmark, the bare loop's process and its threads say to each other.
import type { LaneSettings } from '../../pipeline/lane-protocol.js';

export interface BareLoopQuestion {
  readonly workers: number;
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
  readonly settings: LaneSettings;
  readonly folder: string;
  readonly maxPixels: number;
  /** Where in the frames it begins, so that threads do not all show the same. */
  readonly offset: number;
}
/** Work until the measurement is over; both times are of the whole machine, Unix ms. */
export interface WorkerQuestion {
  readonly measureFromMs: number;
  readonly untilMs: number;
}
export interface WorkerReport {
  readonly frames: readonly FrameStages[];
  readonly faces: number;
}
