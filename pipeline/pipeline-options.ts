// What a pipeline is started with, asked for, and tells.
import type { PackThresholds, PreparedPack } from '../models/prepared.js';
import type { QualityGate } from './tasks/faces/face-quality.js';
import type { Gallery } from './tasks/faces/gallery/gallery.js';
import type { PipelineLog } from './pipeline-log.js';
import type { ModelCatalogue } from './served/model-catalogue.js';
import type { ProviderChoice } from './lanes/provider.js';
import type { TunerOptions } from './tuning/tuner.js';

export type StageName = 'decode' | 'preprocess' | 'queue' | 'infer' | 'match' | 'total';

/** Told what happens, on the main thread; for metrics. Its methods must not throw. */
export interface PipelineObserver {
  /** Once for every frame of a stream when it comes. */
  received(bytes: number): void;
  stage(stage: StageName, ms: number): void;
  /** An answered frame was not searched for faces: they were carried on after a glance at it, or unseen. */
  carried(how: 'glance' | 'unseen'): void;
  /** One run of a model. @param ms of a lane */
  batch(model: string, size: number, ms: number): void;
  /** A frame was classified, and its class believed or not. @param model with its version */
  decided(model: string, isAccepted: boolean): void;
  /**
   * Once for every frame of a stream, also when its client is gone: exactly one outcome each.
   * @param detail why it was dropped or the code of the error; empty for `ok`
   */
  frame(outcome: 'ok' | 'dropped' | 'error', detail: string): void;
}

export interface PipelineOptions {
  /** Null for a service without faces. */
  readonly pack: PreparedPack | null;
  /** Null where nothing embeds faces. */
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
  /** Models that lie in folders; without them there are faces alone. */
  readonly served?: {
    readonly catalogue: ModelCatalogue;
    /** That their graphs may have together, each counted once a lane. */
    readonly memoryBytes: number;
    /** Score that a class has to exceed where nothing else is asked for. */
    readonly classMinimum: number;
  };
  readonly thresholds?: Partial<PackThresholds>;
  readonly quality?: Partial<QualityGate>;
  readonly observer?: PipelineObserver;
  readonly log?: PipelineLog;
}

export interface PipelineState {
  readonly streams: number;
  readonly framesWaiting: number;
  readonly framesInFlight: number;
  readonly waitingBytes: number;
  readonly requestsWaiting: number;
  /** Items that wait for a lane, by stage: frames before detection are `faces/frames`, faces before description `faces/faces`. */
  readonly batchWaiting: ReadonlyMap<string, number>;
  readonly lanes: number;
  readonly lanesBusy: number;
}
