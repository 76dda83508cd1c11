// What is asked of a stream, or of one image.
import type { NewEvent } from '../../protocol/events.js';
import type { FrameRegion } from '../frames/frame-job.js';
import type { AttributeName, Task } from '../../protocol/payloads.js';

export interface RecogniseOptions {
  readonly task: Task;
  /** Id of a loaded model that does the task; by default the pack's. */
  readonly model?: string;
  /** `[x, y, w, h]` in 0..1: only faces whose centre lies inside. */
  readonly region?: readonly [number, number, number, number];
  /** Least longer side of a face, in pixels of the frame. */
  readonly minFacePx?: number;
  /** What is to be told of faces beside who they are. */
  readonly attributes?: readonly AttributeName[];
  /** Parts of the frame that are classified side by side, instead of the whole or of `region`. */
  readonly regions?: readonly FrameRegion[];
  /** Labels of objects that are wanted; all where not said. */
  readonly labels?: readonly string[];
  /** How many classes or objects are told. */
  readonly topN?: number;
  /** Score that a class has to exceed, or an object to reach. */
  readonly threshold?: number;
}

export interface StreamOptions extends RecogniseOptions {
  /** Its id: some streams may be given to a version of a model that is being tried. */
  readonly stream?: string;
  /** Follow what is seen from frame to frame (who it is, or which class), and tell what changes. Without it every frame is judged by itself. */
  readonly tracking?: {
    /** Id of the stream, for its events. */
    readonly stream: string;
    /** Must not throw. */
    readonly onEvents: (events: readonly NewEvent[]) => void;
  };
  /** Told the mean brightness of the picture's cells, 0..255, of each frame that is decoded. Must not throw. */
  readonly onScene?: ((scene: Float32Array) => void) | undefined;
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
