// One open stream at its turns: what each of its frames is worked on for, and how what came of it becomes the frame's
// answer. It decides nothing of when; that is the scheduler's.
import type { PackThresholds } from '../models/prepared.js';
import type { FrameOutcome, OkPayload, Task } from '../protocol/payloads.js';
import { answerOf, trackedAnswerOf, WANTED } from './answers.js';
import { isWanted, type FrameWork, type WorkedFrame } from './frame-engine.js';
import type { FrameIn, FramePlace } from './frame-result.js';
import type { Gallery } from './gallery/gallery.js';
import type { HeldImage } from './image-memory.js';
import type { RecogniseOptions } from './pipeline-options.js';
import type { FrameTurn, StreamTurn } from './scheduling/turns.js';
import type { QueuedFrame, StreamQueue, WaitingFrame } from './stream-queue.js';
import type { TrackedFrame, TrackedStream } from './tracked-stream.js';
import type { FrameSize } from './tracking/continuity.js';

export interface OpenStreamParts {
  readonly options: RecogniseOptions & { readonly task: Exclude<Task, 'classify'> };
  readonly queue: StreamQueue;
  /** Null where nobody asked for its faces to be followed. */
  readonly tracked: TrackedStream | null;
  readonly weight: number;
  readonly deadlineMs: number;
  /** That of streams that asked for none. */
  readonly usualDeadlineMs: number;
  /** Id of the model that answers. */
  readonly model: string;
  readonly gallery: Gallery | null;
  readonly thresholds: PackThresholds;
  readonly errorOutcome: (error: unknown) => FrameOutcome;
}

/** What is asked for of a frame, whatever its image and where it comes from. */
export type AskedWork = Omit<FrameWork, 'image' | 'origin'>;

export function workOf({ region, minFacePx }: RecogniseOptions, want: FrameWork['want']): AskedWork {
  return { want, ...(region === undefined ? {} : { region }), ...(minFacePx === undefined ? {} : { minFacePx }) };
}

export class OpenStream implements StreamTurn {
  readonly queue: StreamQueue;
  readonly tracked: TrackedStream | null;
  readonly weight: number;
  readonly deadlineMs: number;
  readonly #parts: OpenStreamParts;

  constructor(parts: OpenStreamParts) {
    this.#parts = parts;
    this.queue = parts.queue;
    this.tracked = parts.tracked;
    this.weight = parts.weight;
    this.deadlineMs = parts.deadlineMs;
  }

  begin({ frame, image }: WaitingFrame): FrameTurn {
    const { tracked } = this;
    const { options, model, gallery, thresholds } = this.#parts;
    if (tracked === null) {
      const answer = (worked: WorkedFrame): OkPayload => answerOf(options.task, worked, model, gallery, thresholds);
      const work = this.#workFor(frame, image, WANTED[options.task]);
      return { work, settle: (outcome) => this.#settle(frame, outcome.then(answer)) };
    }
    const followed = tracked.begin(frame.receivedAtMs, image.bytes.byteLength);
    return {
      work: this.#workFor(frame, image, followed),
      settle: (outcome) => this.#settle(frame, this.#trackedAnswer(followed, outcome)),
    };
  }

  /** Takes a frame that has just come, out of turn, where it can be answered undecoded. @returns whether it did */
  takeUnseen(frame: FrameIn): boolean {
    if (this.queue.waiting > 0) return false;
    return this.#answerUnseen(frame, frame.image, () => this.queue.pushTaken(frame));
  }

  relieve(): boolean {
    const { next } = this.queue;
    if (next === undefined) return false;
    return this.#answerUnseen(next.frame, next.image.bytes, () => {
      this.queue.take();
      next.image.release();
      return next.frame;
    });
  }

  #workFor({ receivedAtMs }: QueuedFrame, image: HeldImage, want: FrameWork['want']): FrameWork {
    const deadlineMs = receivedAtMs + this.deadlineMs;
    const dueMs = receivedAtMs + Math.min(this.deadlineMs, this.#parts.usualDeadlineMs);
    return { ...workOf(this.#parts.options, want), image, origin: { source: this, isInteractive: false, deadlineMs, dueMs } };
  }

  /** @param take called when the frame can be answered, and only then */
  #answerUnseen(place: FramePlace, image: Uint8Array, take: () => QueuedFrame): boolean {
    const unseen = this.tracked?.beginUnseen(place.receivedAtMs, image) ?? null;
    if (unseen === null) return false;
    const { frame: followed, size } = unseen;
    const faces = followed.carryUnseen(size, (face) => isWanted(face, this.#parts.options, size));
    this.#settle(take(), this.#trackedAnswer(followed, carriedFrame(size, faces)));
    return true;
  }

  async #trackedAnswer(followed: TrackedFrame, outcome: Promise<WorkedFrame>): Promise<OkPayload> {
    const { model, gallery } = this.#parts;
    try {
      const worked = await outcome;
      return trackedAnswerOf(worked, await followed.learn(worked.faces), model, gallery);
    } catch (error) {
      followed.abandon();
      throw error;
    }
  }

  #settle(frame: QueuedFrame, answer: Promise<OkPayload>): void {
    answer.then(
      (payload) => this.queue.settle(frame, payload),
      (error: unknown) => this.queue.settle(frame, this.#parts.errorOutcome(error)),
    );
  }
}

async function carriedFrame(size: FrameSize, faces: Promise<WorkedFrame['faces']>): Promise<WorkedFrame> {
  return { ...size, faces: await faces, isCarried: true, stages: { decode: 0, preprocess: 0, infer: 0, match: 0 } };
}
