// What a task wants done with one frame. The engine decodes the frame, writes the inputs that the job asks for beside its pixels,
// and lets the job run; what it finds is the job's own.
import type { ImageInput } from '../../models/family.js';
import type { FrameView } from '../images/frame-view.js';
import type { InputGeometry } from '../images/resample.js';
import type { StageCall } from '../lanes/stage.js';
import type { Tile } from './tiles.js';

/** The whole frame as a model's input, written by the thread that decodes it. */
export interface FrameInput {
  readonly spec: ImageInput;
  /** Whether very wide and very tall frames are taken apart (tiles.ts), for models that find small things. */
  readonly mayTile: boolean;
}
/** One input of a frame, or of a tile of one. */
export interface WrittenInput {
  readonly memory: SharedArrayBuffer;
  /** Where in it the input begins, bytes. */
  readonly offset: number;
  readonly tile: Tile;
  readonly geometry: InputGeometry;
}

export interface DecodedFrame extends FrameView {
  /** For each input asked for, in their order: its tiles, or the whole frame as the only one. */
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
