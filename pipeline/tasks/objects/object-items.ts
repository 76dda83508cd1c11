// What lanes are given of pictures in which objects are looked for, and what they answer.
import type { ServedModel } from '../../../models/served/served-model.js';
import type { ScoredBox } from '../../geometry/box.js';
import type { Stage } from '../../lanes/stage.js';

/** One tensor, as its model's input has it. */
export interface ObjectItem {
  readonly memory: SharedArrayBuffer;
  /** Where in it the tensor begins, bytes. */
  readonly offset: number;
}
/** In pixels of the input, and later of the frame. */
export interface FoundObject extends ScoredBox {
  readonly classIndex: number;
}

/** The name of the task, as lanes know it. */
export const OBJECTS = 'objects';

/** Below this nothing is told: it is where a track that is followed is given up at the latest. */
export const LEAST_SCORE = 0.1;

/** Pictures to what is in them, best first. A batch is of one model, so each has a stage of its own. */
export function objectStage({ id }: Pick<ServedModel, 'id'>): Stage<ObjectItem, readonly FoundObject[]> {
  return { task: OBJECTS, name: id, depth: 0, isShared: true };
}
