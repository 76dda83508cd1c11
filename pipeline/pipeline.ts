// The whole way from frame to result behind one object. It opens no socket and knows no client.
import type { PackThresholds, PreparedPack, Licence } from '../models/prepared.js';
import type { DropReason, OkPayload, StreamStats, Task } from '../protocol/payloads.js';
import type { FrameIn, FrameResult } from './frame-result.js';
import type { Gallery, FaceRecord } from './gallery/gallery.js';

export type ProviderChoice = 'auto' | 'cpu' | 'cuda' | 'tensorrt' | 'webgpu';
export type StageName = 'decode' | 'preprocess' | 'queue' | 'infer' | 'match' | 'total';

/** Told what happens, on the main thread; for metrics. Its methods must not throw. */
export interface PipelineObserver {
  stage(stage: StageName, ms: number): void;
  batch(model: string, size: number): void;
  /** Once for every frame of a stream, also when its client is gone: exactly one outcome each. */
  frame(outcome: 'ok' | 'dropped' | 'error', detail: string): void;
}

export interface PipelineOptions {
  readonly pack: PreparedPack;
  readonly gallery: Gallery | null;
  readonly provider: ProviderChoice;
  readonly lanes: number | 'auto';
  readonly preprocessWorkers: number | 'auto';
  readonly maxBatch: number | 'auto';
  readonly credits: number;
  readonly deadlineMs: number;
  readonly maxFrameBytes: number;
  readonly maxPixels: number;
  /** Bytes of all images waiting, over all streams. */
  readonly maxWaitingBytes: number;
  /** Single images (HTTP) waiting at once; one more is `OVERLOADED`. */
  readonly maxWaitingRequests: number;
  readonly thresholds?: Partial<PackThresholds>;
  readonly quality?: { readonly minFacePx?: number; readonly minSharpness?: number; readonly maxYawDegrees?: number; readonly minScore?: number };
  readonly observer?: PipelineObserver;
  readonly log?: { info(o: object, m: string): void; warn(o: object, m: string): void; error(o: object, m: string): void };
}

export interface LoadedModel {
  readonly id: string;
  readonly task: 'detect' | 'landmarks' | 'embed';
  readonly family: string;
  readonly version: string;
  readonly sha256: string;
  readonly provider: string;
  readonly input: { readonly width: number; readonly height: number; readonly colour: string };
  readonly dim?: number;
  readonly licence: Licence;
  readonly load_ms: number;
  readonly warmup_ms: number;
}

export interface RecogniseOptions {
  readonly task: Task;
  /** `[x, y, w, h]` in 0..1: only faces whose centre lies inside. */
  readonly region?: readonly [number, number, number, number];
  /** Least longer side of a face, in pixels of the frame. */
  readonly minFacePx?: number;
}

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

export interface PipelineState {
  readonly streams: number;
  readonly framesWaiting: number;
  readonly framesInFlight: number;
  readonly waitingBytes: number;
  readonly requestsWaiting: number;
  readonly lanes: number;
  readonly lanesBusy: number;
}

/** SHELL for the interface; the body follows. */
export declare class Pipeline {
  private constructor();
  /** Loads and warms every model. @throws when a model or a provider named outright cannot start */
  static start(options: PipelineOptions): Promise<Pipeline>;
  /** The provider that is really live. */
  readonly provider: string;
  readonly models: readonly LoadedModel[];
  readonly tasks: readonly Task[];
  /** What keeps it from taking frames; empty when ready. */
  missing(): readonly string[];
  state(): PipelineState;
  /** @throws OnlookerError MODEL_UNAVAILABLE (also for a `model` that is not loaded), DRAINING */
  openStream(options: RecogniseOptions & { readonly model?: string }, onResult: (result: FrameResult) => void): PipelineStream;
  /** One image by itself, ahead of the streams. @throws OnlookerError */
  recognise(image: Uint8Array, options: RecogniseOptions): Promise<OkPayload>;
  /** Enrols the one face of an image through the quality gate. @throws OnlookerError NOT_FOUND, NO_FACE, SEVERAL_FACES, LOW_QUALITY, CONFLICT */
  enrol(personId: string, image: Uint8Array): Promise<{ readonly face: FaceRecord; readonly created: boolean }>;
  /** Answers what is in hand, drops what waits (`draining`), then stops threads. */
  close(): Promise<void>;
}
