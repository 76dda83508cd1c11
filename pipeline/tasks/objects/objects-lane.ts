// The object detectors of one inference lane: tensors to boxes, one for each object. Lives in the lane's thread.
import { objectFamily } from '../../../models/objects/families.js';
import type { ObjectDecoder } from '../../../models/objects/object-family.js';
import type { ServedModel } from '../../../models/served/served-model.js';
import { suppressOverlaps } from '../../geometry/nms.js';
import { tensorIn, type TensorData } from '../../images/write-tensor.js';
import type { ModelStart } from '../../lanes/lane-protocol.js';
import type { JobCost, LaneTask, OpenLaneTask } from '../../lanes/lane-task.js';
import { runInRungs } from '../../lanes/run-in-rungs.js';
import { LaneModels } from '../../served/lane-models.js';
import { LEAST_SCORE, type FoundObject, type ObjectItem } from './object-items.js';

export interface ObjectsLaneSettings {
  readonly models: readonly ServedModel[];
}

/** Boxes of one class that overlap a better one by more are the same object; as the authors of the families have it. */
const MOST_OVERLAP = 0.45;
/** So many of the best are looked at: where there is a box at every place, something else is wrong. */
const MOST_BOXES = 1000;
const MOST_OBJECTS = 300;

export const openLaneTask: OpenLaneTask = async (settings, runtime) => {
  const { models } = settings as ObjectsLaneSettings;
  return new ObjectsLane(await LaneModels.open(models, runtime));
};

class ObjectsLane implements LaneTask {
  readonly #models: LaneModels;

  constructor(models: LaneModels) {
    this.#models = models;
  }

  get models(): readonly ModelStart[] {
    return this.#models.starts;
  }

  /** @param stage id of a model, or one of `LaneModels` */
  async run(stage: string, items: readonly unknown[], cost: JobCost): Promise<readonly unknown[]> {
    return (await this.#models.obey(stage, items)) ?? this.#find(stage, items as readonly ObjectItem[], cost);
  }

  async #find(id: string, items: readonly ObjectItem[], cost: JobCost): Promise<readonly (readonly FoundObject[])[]> {
    const { model, session } = this.#models.get(id);
    const { input } = model;
    const family = objectFamily(model.family ?? '');
    if (family === undefined) throw new Error(`${id} finds no objects`);
    const answers: (readonly FoundObject[])[] = [];
    const startMs = performance.now();
    await runInRungs<ObjectItem, TensorData>(session, items, cost, {
      fill: ({ memory, offset }, tensor, at) => tensor.set(tensorIn(memory, offset, input), at),
      read: (outputs, index) => {
        const known = family.decode(outputs, index, input, LEAST_SCORE).filter(({ classIndex }) => classIndex in model.classes);
        answers.push(oneForEach(known, family));
      },
    });
    cost.inferMs += performance.now() - startMs;
    return answers;
  }

  close(): Promise<void> {
    return this.#models.close();
  }
}

/** One box for each object, best first: of one class alone, since a rider is where a horse is. */
function oneForEach(boxes: readonly FoundObject[], { isFinal }: ObjectDecoder): readonly FoundObject[] {
  const best = [...boxes].sort((a, b) => b.score - a.score).slice(0, MOST_BOXES);
  if (isFinal) return best.slice(0, MOST_OBJECTS);
  const byClass = new Map<number, FoundObject[]>();
  for (const box of best) byClass.set(box.classIndex, [...(byClass.get(box.classIndex) ?? []), box]);
  const kept = [...byClass.values()].flatMap((ofClass) => suppressOverlaps(ofClass, MOST_OVERLAP, MOST_OBJECTS));
  return kept.sort((a, b) => b.score - a.score).slice(0, MOST_OBJECTS);
}
