// What the main thread and an inference lane say to each other. Plain data and shared memory only.
import type { PreparedPack } from '../../models/prepared.js';
import type { GallerySnapshot } from '../tasks/faces/gallery/gallery.js';
import type { FaceMeasures } from '../tasks/faces/face-quality.js';
import type { InputGeometry } from '../images/resample.js';

/** A crowd's picture must not hold a lane for seconds: of more faces the best are taken. */
export const MAX_FACES_PER_FRAME = 128;

/** An execution provider of onnxruntime-node. */
export type Provider = 'cpu' | 'cuda' | 'tensorrt' | 'webgpu';

export interface LaneSettings {
  readonly pack: PreparedPack;
  readonly provider: Provider;
  /** Threads within an operator; one where several lanes share the processor. */
  readonly intraOpThreads: number;
  /** Batch sizes in use, ascending, beginning with 1: a fixed ladder, since free shapes make the arena grow. */
  readonly ladder: readonly number[];
  readonly detectionScore: number;
  readonly nmsIou: number;
  readonly gallery: GallerySnapshot | null;
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

export interface DetectItem {
  readonly input: SharedArrayBuffer;
  /** Where in it this item begins, bytes; 0 by default. */
  readonly offset?: number;
  readonly width: number;
  readonly height: number;
  readonly geometry: InputGeometry;
}
/** A face in pixels of its frame; `points` are x, y of the five points, where the detector or the landmark model found them. */
export interface FoundFace {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly score: number;
  readonly points?: readonly number[];
}

export interface FaceItem {
  readonly pixels: SharedArrayBuffer;
  readonly width: number;
  readonly height: number;
  readonly face: FoundFace;
  /** Where the five points (x, y each) about are, as earlier frames let expect: saves the first look for them. */
  readonly expectedPoints?: readonly number[] | undefined;
  /** What is wanted: the points alone, the best people of the gallery, the embedding itself, or all of it. */
  readonly want: 'points' | 'match' | 'embedding' | 'all';
}
export interface FaceAnswer {
  readonly points: readonly number[];
  readonly measures?: FaceMeasures;
  /** L2-normalised. */
  readonly embedding?: Float32Array;
  /** Owner index and cosine, best first. */
  readonly matches?: readonly { readonly owner: number; readonly similarity: number }[];
  readonly galleryVersion?: number;
}

export type LaneJob =
  | { readonly kind: 'detect'; readonly id: number; readonly items: readonly DetectItem[] }
  | { readonly kind: 'faces'; readonly id: number; readonly items: readonly FaceItem[] };
export type LaneCommand = LaneJob | { readonly kind: 'gallery'; readonly snapshot: GallerySnapshot } | { readonly kind: 'close' };

export interface BatchRun {
  readonly model: string;
  readonly size: number;
}
export interface LaneAnswer {
  readonly id: number;
  readonly inferMs: number;
  readonly matchMs: number;
  readonly batches: readonly BatchRun[];
}
export type LaneReport =
  | LaneReady
  | { readonly kind: 'start-failed'; readonly message: string }
  | ({ readonly kind: 'detected'; readonly frames: readonly (readonly FoundFace[])[] } & LaneAnswer)
  | ({ readonly kind: 'faces'; readonly answers: readonly FaceAnswer[] } & LaneAnswer)
  | { readonly kind: 'job-failed'; readonly id: number; readonly message: string };
