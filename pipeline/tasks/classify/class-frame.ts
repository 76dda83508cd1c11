// One frame on its way through the task, and what is told of it.
import type { ClassesFound } from '../../../protocol/payloads.js';
import type { Worked } from '../../frames/frame-job.js';
import type { TaskFrame } from '../../streams/task.js';
import type { ClassifiedPart } from './classify-job.js';

export type ClassAnswer = ClassesFound & { /** Id of the model. */ readonly model: string };
/** A frame whose answer is there at once. */
export interface ClassFrame extends TaskFrame<readonly ClassifiedPart[]> {
  answer(worked: Worked<readonly ClassifiedPart[]>): ClassAnswer;
}
