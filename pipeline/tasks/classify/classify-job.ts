// One frame classified: the whole of it, or some regions side by side in one batch.
import type { ServedModel } from '../../../models/served/served-model.js';
import type { DecodedFrame, FrameInput, FrameJob, FrameRegion } from '../../frames/frame-job.js';
import type { Rect } from '../../geometry/box.js';
import type { Stage, StageCall } from '../../lanes/stage.js';
import type { ClassifyItem } from './classify-items.js';

/** A region of a frame, and what it may show. */
export interface ClassifiedPart {
  /** In pixels of the frame. */
  readonly part: Rect;
  /** Of the model's classes, in its order. */
  readonly probabilities: Float32Array;
}

export class ClassifyJob implements FrameJob<readonly ClassifiedPart[]> {
  readonly mayGlance = false;
  readonly inputs: readonly FrameInput[];
  readonly #stage: Stage<ClassifyItem, Float32Array>;

  /** @param regions null for the whole frame */
  constructor({ input }: ServedModel, stage: Stage<ClassifyItem, Float32Array>, regions: readonly FrameRegion[] | null) {
    this.inputs = [{ kind: 'tensor', spec: input, regions }];
    this.#stage = stage;
  }

  glance(): Promise<null> {
    return Promise.resolve(null);
  }

  async run({ inputs: [written = []] }: DecodedFrame, call: StageCall): Promise<readonly ClassifiedPart[]> {
    const answers = await call(this.#stage, written);
    return written.map(({ part }, index) => ({ part, probabilities: answers[index] ?? new Float32Array() }));
  }
}
