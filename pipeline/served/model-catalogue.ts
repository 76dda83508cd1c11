// What the pipeline asks of whoever keeps models that lie in folders: which there are, and which version answers.
import type { ServedModel, ServedTask } from '../../models/served/served-model.js';

export interface ModelCatalogue {
  /** Whether there is a model of the task. */
  has(task: ServedTask): boolean;
  /**
   * Id of the version that answers now.
   * @param model a name, `name@version` or an alias; left out, the one that stands for the task
   * @param stream whose frames are asked about: some may be given to a version that is being tried
   * @throws OnlookerError MODEL_UNAVAILABLE
   */
  idFor(task: ServedTask, model: string | undefined, stream: string | null): string;
  /** Reads a version whole: unpacked, converted, checked. @throws ModelError; what its start was given up with */
  read(id: string): Promise<ServedModel>;
}
