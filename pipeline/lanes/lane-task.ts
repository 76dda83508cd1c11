// What a task does in the thread of an inference lane: it opens its models there and runs its stages.
import type { BatchRun, LaneRuntime, ModelStart } from './lane-protocol.js';

/** What a job cost, for the account in every answer; a stage adds to it. */
export interface JobCost {
  inferMs: number;
  matchMs: number;
  readonly batches: BatchRun[];
}

export interface LaneTask {
  /** Those that were opened, and how long that took. */
  readonly models: readonly ModelStart[];
  /** Runs one of the task's stages. @returns an answer for each item, in their order */
  run(stage: string, items: readonly unknown[], cost: JobCost): Promise<readonly unknown[]>;
  /** Something has changed that the next jobs are to know of. It answers nothing: what it throws ends the lane's thread. */
  tell?(message: unknown): void;
  /** Bytes of items that hold more memory than is used again and again: a hint for the garbage collector. Default 0. */
  largeBytesOf?(items: readonly unknown[]): number;
  close(): Promise<void>;
}

/** What the module of a task exports for lanes. @throws when a model cannot be opened; none stays open then */
export type OpenLaneTask = (settings: unknown, runtime: LaneRuntime) => Promise<LaneTask>;
export interface LaneTaskModule {
  readonly openLaneTask: OpenLaneTask;
}
