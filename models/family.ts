// What a model family is: how its network is fed and how its outputs are read. Plain data and pure functions,
// so that a family runs in any thread. A new family is one new file in families/ that exports `family`.

/** How an image becomes an input tensor, float32 NCHW: `(value - mean) * scale` of 0..255 pixel values. */
export interface ImageInput {
  /** Name of the graph's input. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly colour: 'rgb' | 'bgr' | 'grey';
  readonly mean: number;
  readonly scale: number;
  /** `stretch` fills the input, changing the aspect; `letterbox` keeps the aspect and leaves room right and below. */
  readonly fit: 'stretch' | 'letterbox';
  /**
   * Part of the width and height left free at every side, 0..0.2: some detectors miss faces that the picture's edge
   * cuts, unless there is something beyond it. Default 0.
   */
  readonly margin?: number;
  /** Pixel value, 0..255, of what is left free. Default 0, black. */
  readonly fill?: number;
}

/** One output of a run; the first dimension is the batch. */
export interface OutputTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}
export type Outputs = Readonly<Record<string, OutputTensor>>;

/** A found face in pixels of the detector's input. `landmarks`: x, y of left eye, right eye, nose, left and right mouth corner. */
export interface RawDetection {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly score: number;
  readonly landmarks?: readonly number[];
}

export interface DetectorFamily {
  readonly kind: 'detector';
  /** Whether it finds the five points itself; if not, the pack needs a landmark model. */
  readonly hasLandmarks: boolean;
  readonly input: ImageInput;
  /** Whether `width` and `height` of the input may be overridden by a manifest, and in which steps. */
  readonly sizeStep?: number;
  /** Boxes of item `index` of the batch with at least `minScore`, before suppression of overlaps. */
  decode(outputs: Outputs, index: number, input: ImageInput, minScore: number): RawDetection[];
}

export interface LandmarkFamily {
  readonly kind: 'landmarks';
  readonly input: ImageInput;
  /** Side of the square crop around a box, as a multiple of the box's longer side. */
  readonly cropScale: number;
  /**
   * Side of the square of a second look, centred between eyes and mouth, as a multiple of the larger of the distances
   * between the eyes and from eyes to mouth: detectors' boxes wander by a tenth, and the points with them.
   */
  readonly refineScale: number;
  /** The five points of item `index`, x and y in 0..1 of the crop, ten numbers. */
  decode(outputs: Outputs, index: number): number[];
}

export interface EmbedderFamily {
  readonly kind: 'embedder';
  readonly input: ImageInput;
  /** Where the five points lie in the aligned crop, in pixels of the input, ten numbers. */
  readonly template: readonly number[];
  /** The embedding of item `index`, not normalised: a view or a copy. */
  decode(outputs: Outputs, index: number): Float32Array;
}

export type Family = DetectorFamily | LandmarkFamily | EmbedderFamily;
export type FamilyKind = Family['kind'];
/** In the order in which a face passes them. */
export const FAMILY_KINDS = ['detector', 'landmarks', 'embedder'] as const satisfies readonly FamilyKind[];
