// The classifiers of one inference lane: tensors to probabilities. Lives in the lane's thread.
import { probabilitiesOf } from '../../../models/decisions/class-scores.js';
import { itemOf, outputNamed } from '../../../models/outputs.js';
import type { ServedModel } from '../../../models/served/served-model.js';
import { tensorIn, type TensorData } from '../../images/write-tensor.js';
import type { ModelStart } from '../../lanes/lane-protocol.js';
import type { JobCost, LaneTask, OpenLaneTask } from '../../lanes/lane-task.js';
import { ModelSession, type SessionModel } from '../../lanes/model-session.js';
import { runInRungs } from '../../lanes/run-in-rungs.js';
import type { ClassifyItem } from './classify-items.js';

export interface ClassifyLaneSettings {
  readonly models: readonly ServedModel[];
}

interface Opened {
  readonly model: ServedModel;
  readonly session: ModelSession<SessionModel, TensorData>;
}

export const openLaneTask: OpenLaneTask = async (settings, runtime) => {
  const { models } = settings as ClassifyLaneSettings;
  const opened: Opened[] = [];
  try {
    for (const model of models) {
      const session = await ModelSession.open<SessionModel, TensorData>(sessionModel(model), runtime);
      opened.push({ model, session });
    }
  } catch (error) {
    await Promise.all(opened.map(({ session }) => session.close()));
    throw error;
  }
  return new ClassifyLane(opened);
};

function sessionModel({ id, path, input, batch, classOutput }: ServedModel): SessionModel {
  return { id, path, input, batch, ...(classOutput === null ? {} : { outputs: [classOutput] }) };
}

class ClassifyLane implements LaneTask {
  readonly models: readonly ModelStart[];
  readonly #opened: ReadonlyMap<string, Opened>;

  constructor(opened: readonly Opened[]) {
    this.#opened = new Map(opened.map((one) => [one.model.id, one]));
    this.models = opened.map(({ model: { id }, session: { loadMs, warmupMs } }) => ({ id, loadMs, warmupMs }));
  }

  /** @param id of the model */
  async run(id: string, items: readonly unknown[], cost: JobCost): Promise<readonly Float32Array[]> {
    const opened = this.#opened.get(id);
    if (opened === undefined) throw new Error(`no classifier ${id} is open`);
    const { model, session } = opened;
    const { input, classOutput, activation, scores } = model;
    if (classOutput === null) throw new Error(`${id} is no classifier`);
    const answers: Float32Array[] = [];
    const startMs = performance.now();
    await runInRungs<ClassifyItem, TensorData>(session, items as readonly ClassifyItem[], cost, {
      fill: ({ memory, offset }, tensor, at) => tensor.set(tensorIn(memory, offset, input), at),
      read: (outputs, index) => {
        const numbers = itemOf(outputNamed(outputs, classOutput), index);
        answers.push(Float32Array.from(probabilitiesOf(numbers, activation, scores)));
      },
    });
    cost.inferMs += performance.now() - startMs;
    return answers;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#opened.values()].map(({ session }) => session.close()));
  }
}
