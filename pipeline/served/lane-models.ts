// The sessions of models that lie in folders, in the thread of an inference lane: opened and closed between its jobs.
import { messageOf } from '../../protocol/errors.js';
import type { ServedModel } from '../../models/served/served-model.js';
import type { TensorData } from '../images/write-tensor.js';
import type { LaneRuntime, ModelStart } from '../lanes/lane-protocol.js';
import { ModelSession, type SessionModel } from '../lanes/model-session.js';

/** Stages of a task whose models come and go: its item is a `ServedModel`, answered by a `ModelStart`. */
export const OPEN_STAGE = 'open';
/** Its item is the id of a model. Stages of models are called by their ids, which have an `@`. */
export const CLOSE_STAGE = 'close';

export interface LaneModel {
  readonly model: ServedModel;
  readonly session: ModelSession<SessionModel, TensorData>;
}

export class LaneModels {
  readonly #runtime: LaneRuntime;
  readonly #open = new Map<string, LaneModel>();
  /** Why those that do not open did not. */
  readonly #failed = new Map<string, string>();

  private constructor(runtime: LaneRuntime) {
    this.#runtime = runtime;
  }

  /** @param models those of now. One that does not open keeps none of the others from being served, and says why when it is asked for */
  static async open(models: readonly ServedModel[], runtime: LaneRuntime): Promise<LaneModels> {
    const opened = new LaneModels(runtime);
    for (const model of models) {
      try {
        await opened.#add(model);
      } catch (error) {
        opened.#failed.set(model.id, messageOf(error));
      }
    }
    return opened;
  }

  get starts(): readonly ModelStart[] {
    return [...this.#open.values()].map(startOf);
  }

  /** @throws Error where it is not open */
  get(id: string): LaneModel {
    const found = this.#open.get(id);
    if (found === undefined) throw new Error(this.#failed.get(id) ?? `the model ${id} is not open`);
    return found;
  }

  /** Opens or closes what is asked for. @returns null where the stage is a model's own @throws when a model does not open */
  async obey(stage: string, items: readonly unknown[]): Promise<readonly unknown[] | null> {
    if (stage === OPEN_STAGE) {
      const answers: ModelStart[] = [];
      for (const model of items as readonly ServedModel[]) answers.push(await this.#add(model));
      return answers;
    }
    if (stage !== CLOSE_STAGE) return null;
    for (const id of items as readonly string[]) {
      this.#failed.delete(id);
      const closed = this.#open.get(id);
      this.#open.delete(id);
      await closed?.session.close();
    }
    return items;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ session }) => session.close()));
  }

  async #add(model: ServedModel): Promise<ModelStart> {
    const known = this.#open.get(model.id);
    if (known !== undefined) return startOf(known);
    const { id, path, input, batch, classOutput } = model;
    const wanted = { id, path, input, batch, ...(classOutput === null ? {} : { outputs: [classOutput] }) };
    const added = { model, session: await ModelSession.open<SessionModel, TensorData>(wanted, this.#runtime) };
    this.#open.set(id, added);
    this.#failed.delete(id);
    return startOf(added);
  }
}

function startOf({ model: { id }, session: { loadMs, warmupMs } }: LaneModel): ModelStart {
  return { id, loadMs, warmupMs };
}
