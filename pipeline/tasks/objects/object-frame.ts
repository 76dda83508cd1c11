// One frame on its way through the task, and what is told of it.
import type { ObjectsFound } from '../../../protocol/payloads.js';
import type { ServedModel } from '../../../models/served/served-model.js';
import type { Worked } from '../../frames/frame-job.js';
import type { TaskFrame } from '../../streams/task.js';
import type { FoundObject } from './object-items.js';

export type ObjectAnswer = ObjectsFound & { /** Id of the model. */ readonly model: string };
/** A frame whose answer is there at once. */
export interface ObjectFrame extends TaskFrame<readonly FoundObject[]> {
  readonly served: ServedModel;
  answer(worked: Worked<readonly FoundObject[]>): ObjectAnswer;
}
