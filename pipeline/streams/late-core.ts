// What the core does for tasks, handed to them before there is a core: tasks are made first, since lanes are started with them.
import type { TaskCore } from './task.js';

export interface Core extends TaskCore {
  /** A lane that had died is back. */
  onLaneBack(): void;
}

export class LateCore implements Core {
  #core: Core | null = null;
  readonly #untold: [task: string, message: unknown][] = [];

  /** From now on it does what it is asked. */
  connect(core: Core): void {
    this.#core = core;
    for (const [task, message] of this.#untold.splice(0)) core.tellLanes(task, message);
  }

  onEachLane: Core['onEachLane'] = (stage, items) => this.#connected.onEachLane(stage, items);

  forgetStage(stage: Parameters<Core['forgetStage']>[0]): void {
    this.#connected.forgetStage(stage);
  }

  get lanes(): number {
    return this.#connected.lanes;
  }

  work: Core['work'] = (image, frame, signal) => this.#connected.work(image, frame, signal);

  /** Lanes that are starting had the settings of their tasks before that. */
  tellLanes(task: string, message: unknown): void {
    if (this.#core === null) this.#untold.push([task, message]);
    else this.#core.tellLanes(task, message);
  }

  forgetFrames(): void {
    this.#core?.forgetFrames();
  }

  assertOpen(): void {
    this.#connected.assertOpen();
  }

  onLaneBack(): void {
    this.#core?.onLaneBack();
  }

  get #connected(): Core {
    if (this.#core === null) throw new Error('the pipeline is still starting');
    return this.#core;
  }
}
