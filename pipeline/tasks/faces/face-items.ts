// What lanes are given of faces, and what they answer: plain data and shared memory.
import type { AttributeName, FaceAttributes } from '../../../protocol/payloads.js';
import type { Stage } from '../../lanes/stage.js';
import type { InputGeometry } from '../../images/resample.js';
import type { FaceMeasures } from './face-quality.js';

/** A crowd's picture must not hold a lane for seconds: of more faces the best are taken. */
export const MAX_FACES_PER_FRAME = 128;

/** A frame, or a tile of one, to be searched for faces. */
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
  /** Where they were asked for. */
  readonly attributes?: FaceAttributes;
  readonly measures?: FaceMeasures;
  /** L2-normalised. */
  readonly embedding?: Float32Array;
  /** Owner index and cosine, best first. */
  readonly matches?: readonly { readonly owner: number; readonly similarity: number }[];
  readonly galleryVersion?: number;
}

/** A face of which more is to be told than who it is. */
export interface AttributeItem {
  readonly pixels: SharedArrayBuffer;
  readonly width: number;
  readonly height: number;
  readonly face: FoundFace;
  readonly names: readonly AttributeName[];
}

/** The name of the task, as lanes know it. */
export const FACES = 'faces';
/** Frames, or tiles of them, to the faces in each. */
export const DETECT: Stage<DetectItem, readonly FoundFace[]> = { task: FACES, name: 'frames', depth: 0, isShared: true };
/** Faces to what is wanted of each. */
export const DESCRIBE: Stage<FaceItem, FaceAnswer> = { task: FACES, name: 'faces', depth: 1, isShared: false };
/** Faces to what else is to be told of each. */
export const ATTRIBUTE: Stage<AttributeItem, FaceAttributes> = { task: FACES, name: 'attributes', depth: 2, isShared: false };
