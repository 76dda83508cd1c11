// What a task wants done with one frame. The engine decodes the frame, writes the inputs that the job asks for beside its pixels,
// and lets the job run; what it finds is the job's own.
import type { ImageInput } from '../../models/family.js';
import type { TensorInput } from '../../models/tensor-input.js';
import type { Rect } from '../geometry/box.js';
import type { FrameView } from '../images/frame-view.js';
import type { InputGeometry } from '../images/resample.js';
import type { StageCall } from '../lanes/stage.js';

/** A part of a frame: in its pixels, or where `isShare` in 0..1 of its width and height. It is cut at the edges. */
export interface FrameRegion extends Rect {
  readonly isShare?: boolean;
}
/** The frame, or parts of it, as a model's input, written by the thread that decodes it. */
export type FrameInput =
  | {
      readonly kind: 'image';
      readonly spec: ImageInput;
      /** Whether very wide and very tall frames are taken apart (tiles.ts), for models that find small things. */
      readonly mayTile: boolean;
    }
  | {
      readonly kind: 'tensor';
      readonly spec: TensorInput;
      /** Null for the whole frame. */
      readonly regions: readonly FrameRegion[] | null;
    };
/** One input of a frame, or of a part of one. */
export interface WrittenInput {
  readonly memory: SharedArrayBuffer;
  /** Where in it the input begins, bytes. */
  readonly offset: number;
  /** In pixels of the frame. */
  readonly part: Rect;
  readonly geometry: InputGeometry;
}

export interface DecodedFrame extends FrameView {
  /** For each input asked for, in their order: its parts, or the whole frame as the only one. */
  readonly inputs: readonly (readonly WrittenInput[])[];
}

/** `R` is what came of a frame, as far as its task tells. */
export interface FrameJob<R> {
  readonly inputs: readonly FrameInput[];
  /** Whether `glance` may do. Asked once, when the frame goes to work. */
  readonly mayGlance: boolean;
  /**
   * Looks at a frame of which no more than the brightness is decoded. It may wait for the frames before this one of its stream,
   * never for those after.
   * @returns null where the frame has to be decoded in full, and run
   */
  glance(view: FrameView): Promise<R | null>;
  /** Works on the frame in full. It may wait as `glance` may. */
  run(frame: DecodedFrame, call: StageCall): Promise<R>;
}

/** A frame that was worked on. */
export interface Worked<R> {
  readonly width: number;
  readonly height: number;
  readonly result: R;
  /** Whether a glance did, or not even that. */
  readonly isCarried: boolean;
  /** ms */
  readonly stages: { readonly decode: number; readonly preprocess: number; readonly infer: number; readonly match: number };
}
