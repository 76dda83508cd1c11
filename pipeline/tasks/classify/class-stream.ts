// A stream whose frames are classified and decided upon together. Frames are worked on side by side, and count in the order sent.
import type { OnlookerError } from '../../../protocol/errors.js';
import type { ClassEvent } from '../../../protocol/events.js';
import { unixMsOf } from '../../events/unix-time.js';
import type { StreamModel } from '../../served/stream-model.js';
import type { StreamOptions } from '../../streams/stream-options.js';
import type { TaskFrame, TaskStream } from '../../streams/task.js';
import type { ClassAnswer, ClassFrame } from './class-frame.js';
import type { ClassifiedPart } from './classify-job.js';
import { SettledClass } from './settled-class.js';

export class ClassStream implements TaskStream {
  readonly #tracking: NonNullable<StreamOptions['tracking']>;
  readonly #model: StreamModel;
  readonly #next: () => ClassFrame;
  readonly #settled = new SettledClass();
  /** The last frame that was begun has counted, or never will. */
  #last: Promise<void> = Promise.resolve();

  /** @param next a frame that is judged by itself */
  constructor(tracking: NonNullable<StreamOptions['tracking']>, model: StreamModel, next: () => ClassFrame) {
    this.#tracking = tracking;
    this.#model = model;
    this.#next = next;
  }

  begin(atMs: number): TaskFrame {
    const frame = this.#next();
    const before = this.#last;
    let done: () => void = () => undefined;
    this.#last = new Promise((resolve) => (done = resolve));
    const counted: TaskFrame<readonly ClassifiedPart[]> = {
      ...frame,
      answer: async (worked) => {
        const answer = frame.answer(worked);
        await before;
        const settled = this.#settle(answer, atMs);
        done();
        return settled;
      },
      abandon: () => {
        frame.abandon();
        done();
      },
    };
    return counted;
  }

  beginUnseen(): null {
    return null;
  }

  unavailable(): OnlookerError | null {
    return this.#model.unavailable();
  }

  tick(): void {
    // Nothing changes with time alone.
  }

  end(): Promise<void> {
    // Nobody leaves: the last decision stands as the last that was told.
    this.#model.end();
    return Promise.resolve();
  }

  #settle(answer: ClassAnswer, atMs: number): ClassAnswer {
    const previous = this.#settled.label;
    if (this.#settled.note(answer.accepted, atMs)) {
      const { label } = this.#settled;
      const score = answer.classes.find((one) => one.label === label)?.score ?? null;
      const { stream, onEvents } = this.#tracking;
      const event: ClassEvent = { kind: 'class', stream, ts: unixMsOf(atMs), label, score, previous, model: answer.model };
      onEvents([event]);
    }
    return { ...answer, accepted: this.#settled.label };
  }
}
