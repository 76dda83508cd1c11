// What lanes are given of pictures to be classified, and what they answer.
import type { ServedModel } from '../../../models/served/served-model.js';
import type { Stage } from '../../lanes/stage.js';

/** One tensor, as its model's input has it. */
export interface ClassifyItem {
  readonly memory: SharedArrayBuffer;
  /** Where in it the tensor begins, bytes. */
  readonly offset: number;
}

/** The name of the task, as lanes know it. */
export const CLASSIFY = 'classify';

/** Pictures to the probabilities of a model's classes, in its order. A batch is of one model, so each has a stage of its own. */
export function classifyStage({ id }: Pick<ServedModel, 'id'>): Stage<ClassifyItem, Float32Array> {
  return { task: CLASSIFY, name: id, depth: 0, isShared: true };
}
