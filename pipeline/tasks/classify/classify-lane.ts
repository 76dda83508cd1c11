// The classifiers of one inference lane: tensors to probabilities. Lives in the lane's thread.
import { probabilitiesOf } from '../../../models/decisions/class-scores.js';
import { itemOf, outputNamed } from '../../../models/outputs.js';
import type { ServedModel } from '../../../models/served/served-model.js';
import { tensorIn, type TensorData } from '../../images/write-tensor.js';
import type { ModelStart } from '../../lanes/lane-protocol.js';
import type { JobCost, LaneTask, OpenLaneTask } from '../../lanes/lane-task.js';
import { runInRungs } from '../../lanes/run-in-rungs.js';
import { LaneModels } from '../../served/lane-models.js';
import type { ClassifyItem } from './classify-items.js';

export interface ClassifyLaneSettings {
  readonly models: readonly ServedModel[];
}

export const openLaneTask: OpenLaneTask = async (settings, runtime) => {
  const { models } = settings as ClassifyLaneSettings;
  return new ClassifyLane(await LaneModels.open(models, runtime));
};

class ClassifyLane implements LaneTask {
  readonly #models: LaneModels;

  constructor(models: LaneModels) {
    this.#models = models;
  }

  get models(): readonly ModelStart[] {
    return this.#models.starts;
  }

  /** @param stage id of a model, or one of `LaneModels` */
  async run(stage: string, items: readonly unknown[], cost: JobCost): Promise<readonly unknown[]> {
    return (await this.#models.obey(stage, items)) ?? this.#classify(stage, items as readonly ClassifyItem[], cost);
  }

  async #classify(id: string, items: readonly ClassifyItem[], cost: JobCost): Promise<readonly Float32Array[]> {
    const { model, session } = this.#models.get(id);
    const { input, classOutput, activation, scores } = model;
    if (classOutput === null) throw new Error(`${id} is no classifier`);
    const answers: Float32Array[] = [];
    const startMs = performance.now();
    await runInRungs<ClassifyItem, TensorData>(session, items, cost, {
      fill: ({ memory, offset }, tensor, at) => tensor.set(tensorIn(memory, offset, input), at),
      read: (outputs, index) => {
        const numbers = itemOf(outputNamed(outputs, classOutput), index);
        answers.push(Float32Array.from(probabilitiesOf(numbers, activation, scores)));
      },
    });
    cost.inferMs += performance.now() - startMs;
    return answers;
  }

  close(): Promise<void> {
    return this.#models.close();
  }
}
