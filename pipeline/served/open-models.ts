// The models in folders that lanes have open: each is opened when it is first asked for, once however many ask, one lane after
// another so that the others work on meanwhile; and closed again when another needs its memory and nobody needs it.
import { ModelError, reasonOf } from '../../models/model-error.js';
import type { ServedModel, ServedTask } from '../../models/served/served-model.js';
import { OnlookerError } from '../../protocol/errors.js';
import type { LoadedModel } from '../../protocol/models.js';
import type { ModelStart, Provider } from '../lanes/lane-protocol.js';
import { servedModelInfo } from '../lanes/loaded-model.js';
import type { PipelineLog } from '../pipeline-log.js';
import { SerialQueue } from '../store/serial-queue.js';
import type { TaskCore } from '../streams/task.js';
import { CLOSE_STAGE, OPEN_STAGE } from './lane-models.js';
import type { ModelCatalogue } from './model-catalogue.js';
import { madeRoom } from './model-room.js';

/** What is asked for, in the words of requests and streams. */
export interface ModelAsked {
  readonly task: ServedTask;
  readonly model?: string | undefined;
  /** Null for a single image. */
  readonly stream: string | null;
}

export interface OpenModelsOptions {
  readonly catalogue: ModelCatalogue;
  /** That the graphs of all open models may have, each counted once a lane. */
  readonly memoryBytes: number;
  readonly log: PipelineLog;
}

interface Open {
  readonly model: ServedModel;
  readonly start: ModelStart;
  usedAtMs: number;
  framesInHand: number;
}
interface Failure {
  readonly error: OnlookerError;
  /** For those who run the service. */
  readonly reason: string;
  readonly atMs: number;
}

/** Until a model that did not open is tried again. */
const RETRY_MS = 10_000;
const MEBIBYTE = 2 ** 20;

export class OpenModels {
  readonly #options: OpenModelsOptions;
  readonly #core: Pick<TaskCore, 'onEachLane' | 'forgetStage' | 'lanes'>;
  readonly #open = new Map<string, Open>();
  readonly #opening = new Map<string, Promise<ServedModel>>();
  readonly #failed = new Map<string, Failure>();
  /** Those that a lane which starts now is to open. */
  readonly #wanted = new Map<string, ServedModel>();
  readonly #followers = new Set<ModelAsked>();
  readonly #turns = new SerialQueue();

  constructor(options: OpenModelsOptions, core: Pick<TaskCore, 'onEachLane' | 'forgetStage' | 'lanes'>) {
    this.#options = options;
    this.#core = core;
  }

  has(task: ServedTask): boolean {
    return this.#options.catalogue.has(task);
  }

  /** @throws OnlookerError MODEL_UNAVAILABLE */
  idFor({ task, model, stream }: ModelAsked): string {
    return this.#options.catalogue.idFor(task, model, stream);
  }

  /** The model that answers, where it is open. @throws OnlookerError MODEL_UNAVAILABLE where there is none */
  ready(asked: ModelAsked): ServedModel | null {
    const open = this.#open.get(this.idFor(asked));
    if (open === undefined) return null;
    open.usedAtMs = performance.now();
    return open.model;
  }

  /** Opens the model that answers; null where it is open. @throws OnlookerError MODEL_UNAVAILABLE; what the start was given up with */
  prepare(asked: ModelAsked): Promise<ServedModel> | null {
    return this.ready(asked) === null ? this.open(this.idFor(asked)) : null;
  }

  /** Why the frames of a stream cannot be worked on at present: its model is being opened, or does not open. */
  unavailable(asked: ModelAsked): OnlookerError | null {
    try {
      if (this.ready(asked) !== null) return null;
      const id = this.idFor(asked);
      const failure = this.#recentFailure(id);
      if (failure !== undefined) return failure.error;
      // What comes of it is told of the next frames.
      this.open(id).catch(() => undefined);
      return new OnlookerError('MODEL_UNAVAILABLE', `The model ${id} is being opened.`);
    } catch (error) {
      if (error instanceof OnlookerError) return error;
      throw error;
    }
  }

  /** A stream goes on asking for this until it is told to stop: what answers it is not closed. @returns to be called at its end */
  follow(asked: ModelAsked): () => void {
    this.#followers.add(asked);
    return () => void this.#followers.delete(asked);
  }

  /** A frame is in hand. @returns to be called when it is not any more, again without effect */
  hold({ id }: Pick<ServedModel, 'id'>): () => void {
    const open = this.#open.get(id);
    if (open !== undefined) open.framesInHand++;
    let isHeld = open !== undefined;
    return () => {
      if (isHeld && open !== undefined) open.framesInHand--;
      isHeld = false;
    };
  }

  /**
   * Opens a version on every lane, once however many ask.
   * @param isTriedAgain also where it has just failed
   * @throws OnlookerError MODEL_UNAVAILABLE; what the start was given up with
   */
  open(id: string, isTriedAgain = false): Promise<ServedModel> {
    const open = this.#open.get(id);
    if (open !== undefined) return Promise.resolve(open.model);
    const failure = isTriedAgain ? undefined : this.#recentFailure(id);
    if (failure !== undefined) return Promise.reject(failure.error);
    const underWay = this.#opening.get(id);
    if (underWay !== undefined) return underWay;
    const opening = this.#turns.run(() => this.#openNow(id, true)).finally(() => this.#opening.delete(id));
    this.#opening.set(id, opening);
    return opening;
  }

  /**
   * Opens a version where no other has to be closed for it.
   * @returns whether there was room @throws as `open`
   */
  async openIfRoom(id: string): Promise<boolean> {
    if (!this.#open.has(id)) await this.#turns.run(() => this.#openNow(id, false));
    return this.#open.has(id);
  }

  /** Closes a version that is no more. A frame in hand that needs it is answered with an error. */
  closeNow(id: string): Promise<void> {
    return this.#turns.run(async () => {
      const open = this.#open.get(id);
      this.#open.delete(id);
      this.#failed.delete(id);
      if (open !== undefined) await this.#closeOnLanes(open.model);
    });
  }

  /** What a lane that starts now is to open. */
  wanted(task: ServedTask): readonly ServedModel[] {
    return [...this.#wanted.values()].filter((model) => model.task === task);
  }

  loaded(task: ServedTask, provider: Provider): readonly LoadedModel[] {
    const ofTask = [...this.#open.values()].filter(({ model }) => model.task === task);
    return ofTask.map(({ model, start }) => servedModelInfo(model, provider, start)).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  isOpen(id: string): boolean {
    return this.#open.has(id);
  }

  /** Why it did not open, when it was last tried. */
  failureOf(id: string): string | undefined {
    return this.#failed.get(id)?.reason;
  }

  get memory(): { readonly usedBytes: number; readonly limitBytes: number } {
    const usedBytes = [...this.#open.values()].reduce((sum, { model }) => sum + this.#bytesOf(model), 0);
    return { usedBytes, limitBytes: this.#options.memoryBytes };
  }

  /** Settles when nothing is being opened or closed. */
  close(): Promise<void> {
    return this.#turns.idle();
  }

  async #openNow(id: string, makesRoom: boolean): Promise<ServedModel> {
    // Somebody else's turn may have opened it.
    const known = this.#open.get(id);
    if (known !== undefined) return known.model;
    const startMs = performance.now();
    try {
      const model = await this.#options.catalogue.read(id);
      if (makesRoom) await this.#makeRoom(model);
      else if (this.memory.usedBytes + this.#bytesOf(model) > this.#options.memoryBytes) return model;
      this.#wanted.set(id, model);
      const start = await this.#openOnLanes(model);
      this.#open.set(id, { model, start, usedAtMs: performance.now(), framesInHand: 0 });
      this.#failed.delete(id);
      this.#options.log.info({ model: id, ms: Math.round(performance.now() - startMs) }, 'a model is open');
      return model;
    } catch (error) {
      this.#wanted.delete(id);
      if (error instanceof ModelError && error.code === 'ABORTED') throw error;
      if (!(error instanceof Error)) throw error;
      throw this.#noted(id, error);
    }
  }

  async #openOnLanes(model: ServedModel): Promise<ModelStart> {
    try {
      const answers = await this.#core.onEachLane({ task: model.task, name: OPEN_STAGE }, [model]);
      return (answers[0]?.[0] as ModelStart | undefined) ?? { id: model.id, loadMs: 0, warmupMs: 0 };
    } catch (error) {
      // Some lanes may have it open.
      await this.#closeOnLanes(model).catch(() => undefined);
      throw error;
    }
  }

  async #closeOnLanes({ id, task }: ServedModel): Promise<void> {
    this.#wanted.delete(id);
    await this.#core.onEachLane({ task, name: CLOSE_STAGE }, [id]);
    this.#core.forgetStage({ task, name: id });
  }

  /** @throws OnlookerError MODEL_UNAVAILABLE where those that nobody needs do not give enough */
  async #makeRoom(model: ServedModel): Promise<void> {
    const { memoryBytes } = this.#options;
    const wanted = this.#bytesOf(model);
    const needed = new Set([...this.#followers].map((asked) => this.#idOrNull(asked)));
    const open = [...this.#open.values()].map((one) => ({
      id: one.model.id,
      bytes: this.#bytesOf(one.model),
      usedAtMs: one.usedAtMs,
      isNeeded: one.framesInHand > 0 || needed.has(one.model.id),
    }));
    const closed = madeRoom(open, wanted, memoryBytes);
    if (closed === null) {
      const inUse = open.filter(({ isNeeded }) => isNeeded).map(({ id }) => id);
      const others = inUse.length === 0 ? '' : `, and ${inUse.join(', ')} ${inUse.length === 1 ? 'is' : 'are'} in use`;
      throw new OnlookerError(
        'MODEL_UNAVAILABLE',
        `The model ${model.id} needs ${mebibytes(wanted)}, models may have ${mebibytes(memoryBytes)} together${others}.`,
      );
    }
    for (const id of closed) {
      const one = this.#open.get(id);
      // It may have been asked for while another was being closed: then it is opened again.
      if (one === undefined) continue;
      this.#open.delete(id);
      await this.#closeOnLanes(one.model);
      this.#options.log.info({ model: id, for: model.id }, 'a model was closed to make room');
    }
  }

  #bytesOf({ bytes }: ServedModel): number {
    return bytes * this.#core.lanes;
  }

  #idOrNull(asked: ModelAsked): string | null {
    try {
      return this.idFor(asked);
    } catch {
      return null;
    }
  }

  #recentFailure(id: string): Failure | undefined {
    const failure = this.#failed.get(id);
    return failure !== undefined && performance.now() - failure.atMs < RETRY_MS ? failure : undefined;
  }

  /** Files and their folders are for those who run the service: whoever asks for the model is told its name. */
  #noted(id: string, cause: Error): OnlookerError {
    this.#options.log.error({}, `the model ${id} is not served: ${reasonOf(cause)}`);
    const told =
      cause instanceof OnlookerError
        ? cause
        : new OnlookerError('MODEL_UNAVAILABLE', `The model ${id} does not open.`, undefined, { cause });
    this.#failed.set(id, { error: told, reason: reasonOf(cause), atMs: performance.now() });
    return told;
  }
}

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / MEBIBYTE)} MiB`;
