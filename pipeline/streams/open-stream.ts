// One open stream at its turns: what each of its frames is worked on for, and how what came of it becomes the frame's
// answer. It decides nothing of when; that is the scheduler's.
import type { FrameOutcome } from '../../protocol/payloads.js';
import type { FrameWork } from '../frames/frame-engine.js';
import type { Worked } from '../frames/frame-job.js';
import { sceneBrightness } from '../images/brightness-grid.js';
import type { FrameView } from '../images/frame-view.js';
import type { StreamOptions } from './stream-options.js';
import { runningMs } from '../threads/running-time.js';
import type { FrameTurn, StreamTurn } from '../scheduling/fair-queue.js';
import { FrameCosts } from '../scheduling/frame-costs.js';
import type { FrameIn, FramePlace } from './frame-result.js';
import type { QueuedFrame, StreamQueue, WaitingFrame } from './stream-queue.js';
import type { TaskFrame, TaskStream } from './task.js';
import { payloadOf } from './timing.js';

export interface OpenStreamParts extends Pick<StreamOptions, 'onScene'> {
  readonly queue: StreamQueue;
  readonly task: TaskStream;
  readonly weight: number;
  readonly deadlineMs: number;
  /** Of one image. */
  readonly maxFrameBytes: number;
  /** That of streams that asked for none. */
  readonly usualDeadlineMs: number;
  readonly errorOutcome: (error: unknown) => FrameOutcome;
}

export class OpenStream implements StreamTurn {
  readonly queue: StreamQueue;
  readonly task: TaskStream;
  readonly weight: number;
  readonly maxFrameBytes: number;
  readonly #parts: OpenStreamParts;
  readonly #costs = new FrameCosts();
  /** Resolves when its task has told everything; set when it ends. */
  ended: Promise<void> | null = null;

  constructor(parts: OpenStreamParts) {
    this.#parts = parts;
    this.queue = parts.queue;
    this.task = parts.task;
    this.weight = parts.weight;
    this.maxFrameBytes = parts.maxFrameBytes;
  }

  dropLate(nowMs: number, isIdle: boolean): void {
    // What it takes beside nothing else is found out again.
    const expectedMs = isIdle ? 0 : this.#costs.expectedMs;
    const startMs = nowMs - Math.max(0, this.#parts.deadlineMs - expectedMs);
    for (let dropped = this.queue.dropOlderThan(startMs); dropped > 0; dropped--) this.#costs.doubt();
  }

  begin(taken: WaitingFrame): FrameTurn {
    const { frame, image } = taken;
    const beganMs = runningMs();
    const noted = (outcome: Promise<Worked<unknown>>): Promise<Worked<unknown>> =>
      outcome.then((worked) => {
        // A glance costs next to nothing, and says nothing of what a look does.
        if (!worked.isCarried) this.#costs.note(runningMs() - beganMs);
        return worked;
      });
    const begun = this.task.begin(frame.receivedAtMs, image.bytes.byteLength);
    return {
      work: this.#workFor(taken, begun.job),
      cacheable: begun.cacheable,
      settle: (outcome) => this.#settle(frame, begun, noted(outcome)),
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

  #workFor({ frame: { receivedAtMs }, image }: WaitingFrame, job: FrameWork['job']): FrameWork {
    const { deadlineMs: withinMs, usualDeadlineMs, onScene } = this.#parts;
    const deadlineMs = receivedAtMs + withinMs;
    const dueMs = receivedAtMs + Math.min(withinMs, usualDeadlineMs);
    const watched = onScene && { onDecoded: (view: FrameView) => onScene(sceneBrightness(view)) };
    return { job, ...watched, image, origin: { source: this, isInteractive: false, deadlineMs, dueMs } };
  }

  /** @param take called when the frame can be answered, and only then */
  #answerUnseen(place: FramePlace, image: Uint8Array, take: () => QueuedFrame): boolean {
    const unseen = this.task.beginUnseen(place.receivedAtMs, image);
    if (unseen === null) return false;
    this.#settle(take(), unseen.frame, unseen.worked);
    return true;
  }

  #settle(frame: QueuedFrame, task: TaskFrame, outcome: Promise<Worked<unknown>>): void {
    this.#answer(task, outcome).then(
      (payload) => this.queue.settle(frame, payload),
      (error: unknown) => this.queue.settle(frame, this.#parts.errorOutcome(error)),
    );
  }

  async #answer(task: TaskFrame, outcome: Promise<Worked<unknown>>): Promise<FrameOutcome> {
    try {
      const worked = await outcome;
      return payloadOf(worked, await task.answer(worked));
    } catch (error) {
      task.abandon();
      throw error;
    }
  }
}
