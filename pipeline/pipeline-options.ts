// What a pipeline is started with, asked for, and tells.
import type { PackThresholds, PreparedPack } from '../models/prepared.js';
import type { FaceEvent } from '../protocol/events.js';
import type { Task } from '../protocol/payloads.js';
import type { QualityGate } from './face-quality.js';
import type { Gallery } from './gallery/gallery.js';
import type { PipelineLog } from './pipeline-log.js';
import type { ProviderChoice } from './provider.js';
import type { TunerOptions } from './tuning/tuner.js';

export type StageName = 'decode' | 'preprocess' | 'queue' | 'infer' | 'match' | 'total';

/** Told what happens, on the main thread; for metrics. Its methods must not throw. */
export interface PipelineObserver {
  /** Once for every frame of a stream when it comes. */
  received(bytes: number): void;
  stage(stage: StageName, ms: number): void;
  /** An answered frame was not searched for faces: they were carried on after a glance at it, or unseen. */
  carried(how: 'glance' | 'unseen'): void;
  /** One run of a model. */
  batch(model: string, size: number): void;
  /**
   * Once for every frame of a stream, also when its client is gone: exactly one outcome each.
   * @param detail why it was dropped or the code of the error; empty for `ok`
   */
  frame(outcome: 'ok' | 'dropped' | 'error', detail: string): void;
}

export interface PipelineOptions {
  readonly pack: PreparedPack;
  /** Null for a pack without an embedder. */
  readonly gallery: Gallery | null;
  readonly provider: ProviderChoice;
  readonly lanes: number | 'auto';
  readonly preprocessWorkers: number | 'auto';
  /** Top of the ladder of batch sizes. */
  readonly maxBatch: number | 'auto';
  /** Frames a client may have unanswered, per stream. */
  readonly credits: number;
  /** A frame that cannot be answered within this time is answered `dropped`/`deadline`, where its stream does not say. */
  readonly deadlineMs: number;
  /** Of a stream whose faces are followed at least every so many frames is searched for faces, where it does not say. */
  readonly detectEvery: number;
  readonly maxFrameBytes: number;
  readonly maxPixels: number;
  /** Bytes of all images waiting, over all streams; single images (HTTP) may take half. */
  readonly maxWaitingBytes: number;
  /** Single images (HTTP) waiting at once; one more is `OVERLOADED`. */
  readonly maxWaitingRequests: number;
  /** Frames that were worked on before (frame-cache.ts). Default: none are kept. */
  readonly cache?: {
    readonly bytes: number;
    /** Also those of streams whose faces are not followed. */
    readonly streams: boolean;
  };
  /** Where what is known of this machine is kept; without it `auto` is what is usual. */
  readonly tuner?: TunerOptions;
  readonly thresholds?: Partial<PackThresholds>;
  readonly quality?: Partial<QualityGate>;
  readonly observer?: PipelineObserver;
  readonly log?: PipelineLog;
}

export interface RecogniseOptions {
  readonly task: Task;
  /** Id of a loaded model that does the task; by default the pack's. */
  readonly model?: string;
  /** `[x, y, w, h]` in 0..1: only faces whose centre lies inside. */
  readonly region?: readonly [number, number, number, number];
  /** Least longer side of a face, in pixels of the frame. */
  readonly minFacePx?: number;
}

export interface StreamOptions extends RecogniseOptions {
  /** Follow faces from frame to frame (task `faces` alone), and tell who comes and goes. Without it every frame is judged by itself. */
  readonly tracking?: {
    /** Id of the stream, for its events. */
    readonly stream: string;
    /** Must not throw. */
    readonly onEvents: (events: readonly FaceEvent[]) => void;
  };
  /** Told the mean brightness of the picture's cells, 0..255, of each frame that is decoded. Must not throw. */
  readonly onScene?: (scene: Float32Array) => void;
  /** Whether events carry a picture of the face. Default false. */
  readonly thumbnails?: boolean;
  /** At least every so many frames is searched for faces where they are followed; by default that of the pipeline. */
  readonly detectEvery?: number;
  /** A frame is answered within so long after it came, or dropped; by default that of the pipeline. */
  readonly deadlineMs?: number;
  /** Turns beside a stream of weight 1, which is the default. */
  readonly weight?: number;
  /** Largest image; by default that of the pipeline, which is what clients may send. */
  readonly maxFrameBytes?: number;
}

export interface PipelineState {
  readonly streams: number;
  readonly framesWaiting: number;
  readonly framesInFlight: number;
  readonly waitingBytes: number;
  readonly requestsWaiting: number;
  /** Frames before detection and faces before description, waiting for a lane. */
  readonly batchWaiting: { readonly frames: number; readonly faces: number };
  readonly lanes: number;
  readonly lanesBusy: number;
}
