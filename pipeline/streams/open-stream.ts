// One open stream at its turns: what each of its frames is worked on for, and how what came of it becomes the frame's
// answer. It decides nothing of when; that is the scheduler's.
import type { FrameOutcome, OkPayload, Task } from '../../protocol/payloads.js';
import { answerOf, trackedAnswerOf, WANTED } from '../tasks/faces/answers.js';
import { isWanted, type FrameView, type FrameWork, type WorkedFrame } from '../frames/frame-engine.js';
import type { FrameIn, FramePlace } from './frame-result.js';
import type { MatchRule } from '../tasks/faces/gallery/decision.js';
import type { Gallery } from '../tasks/faces/gallery/gallery.js';
import { sceneBrightness } from '../images/brightness-grid.js';
import type { RecogniseOptions, StreamOptions } from '../pipeline-options.js';
import { FrameCosts } from '../scheduling/frame-costs.js';
import type { FrameTurn, StreamTurn } from '../scheduling/fair-queue.js';
import type { QueuedFrame, StreamQueue, WaitingFrame } from './stream-queue.js';
import type { TrackedFrame, TrackedStream } from '../tasks/faces/tracked-stream.js';
import type { FrameSize } from '../tracks/continuity.js';

export interface OpenStreamParts {
  readonly options: RecogniseOptions & Pick<StreamOptions, 'onScene'> & { readonly task: Exclude<Task, 'classify'> };
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
  readonly thresholds: MatchRule;
  readonly errorOutcome: (error: unknown) => FrameOutcome;
}

/** What is asked for of a frame, whatever its image and where it comes from. */
export type AskedWork = Omit<FrameWork, 'image' | 'origin' | 'size'>;

export function workOf({ region, minFacePx }: RecogniseOptions, want: FrameWork['want']): AskedWork {
  return { want, ...(region === undefined ? {} : { region }), ...(minFacePx === undefined ? {} : { minFacePx }) };
}

export class OpenStream implements StreamTurn {
  readonly queue: StreamQueue;
  readonly tracked: TrackedStream | null;
  readonly weight: number;
  readonly #parts: OpenStreamParts;
  readonly #costs = new FrameCosts();

  constructor(parts: OpenStreamParts) {
    this.#parts = parts;
    this.queue = parts.queue;
    this.tracked = parts.tracked;
    this.weight = parts.weight;
  }

  dropLate(nowMs: number, isIdle: boolean): void {
    // What it takes beside nothing else is found out again.
    const expectedMs = isIdle ? 0 : this.#costs.expectedMs;
    const startMs = nowMs - Math.max(0, this.#parts.deadlineMs - expectedMs);
    for (let dropped = this.queue.dropOlderThan(startMs); dropped > 0; dropped--) this.#costs.doubt();
  }

  begin(taken: WaitingFrame): FrameTurn {
    const { frame, image } = taken;
    const beganMs = performance.now();
    const noted = (outcome: Promise<WorkedFrame>): Promise<WorkedFrame> =>
      outcome.then((worked) => {
        // A glance costs next to nothing, and says nothing of what a look does.
        if (!worked.isCarried) this.#costs.note(performance.now() - beganMs);
        return worked;
      });
    const { tracked } = this;
    const { options, model, gallery, thresholds } = this.#parts;
    if (tracked === null) {
      const answer = (worked: WorkedFrame): OkPayload => answerOf(options.task, worked, model, gallery, thresholds);
      const work = this.#workFor(taken, WANTED[options.task]);
      return { work, settle: (outcome) => this.#settle(frame, noted(outcome).then(answer)) };
    }
    const followed = tracked.begin(frame.receivedAtMs, image.bytes.byteLength);
    return {
      work: this.#workFor(taken, followed),
      settle: (outcome) => this.#settle(frame, this.#trackedAnswer(followed, noted(outcome))),
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

  #workFor({ frame: { receivedAtMs }, image }: WaitingFrame, want: FrameWork['want']): FrameWork {
    const { deadlineMs: withinMs, usualDeadlineMs, options } = this.#parts;
    const deadlineMs = receivedAtMs + withinMs;
    const dueMs = receivedAtMs + Math.min(withinMs, usualDeadlineMs);
    const { onScene } = options;
    const watched = onScene && { onDecoded: (view: FrameView) => onScene(sceneBrightness(view)) };
    return { ...workOf(options, want), ...watched, image, origin: { source: this, isInteractive: false, deadlineMs, dueMs } };
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
      return trackedAnswerOf(worked, followed.learn(worked.faces), model, gallery);
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
