// The micro-batcher: frames to be searched for faces and faces to be described wait here, and whenever a lane is free it
// gets a batch of them, across all streams. What is there when a lane comes free is the batch, so batches grow with the
// load and cost nothing without it; only where a fuller batch is known to save more than that does it wait a moment for
// frames that are already being decoded.
//
//   detect ──▶ BatchQueue of frames ─┐                        ┌──▶ lane 1 (on a GPU the only one)
//                                    ├─ batch of one stage ──▶┤
//   describe ▶ BatchQueue of faces ──┘   what is due first    └──▶ lane n
import type { GallerySnapshot } from '../tasks/faces/gallery/gallery.js';
import type { DetectItem, FaceAnswer, FaceItem, FoundFace } from '../lanes/lane-protocol.js';
import type { Lane, LaneCost } from '../lanes/lane.js';
import { BatchQueue, newOrder } from './batch-queue.js';
import { NoLaneError } from './no-lane-error.js';
import type { Origin } from './origin.js';
import { isBefore } from './rounds.js';

/** A lane as the pool sees it. */
export type PoolLane = Pick<Lane, 'alive' | 'backInMs' | 'idle' | 'detect' | 'describe' | 'useGallery' | 'close'>;

interface Waiting<I, A> {
  readonly item: I;
  readonly origin: Origin;
  resolve(answer: A & { readonly spent: Spent }): void;
  reject(error: unknown): void;
}
type WaitingFrame = Waiting<DetectItem, { readonly faces: readonly FoundFace[] }>;
type WaitingFace = Waiting<FaceItem, { readonly answer: FaceAnswer }>;

/** What one batch took, and on which lane. */
interface Spent {
  readonly lane: PoolLane;
  readonly inferMs: number;
  readonly matchMs: number;
}
export interface StageCost {
  readonly inferMs: number;
  readonly matchMs: number;
  /** Of all lanes together, also where they worked side by side. */
  readonly workMs: number;
}

export interface BatchRules {
  /** Most items in a batch: the top of the ladder. */
  readonly maxBatch: number;
  /** Most frames of one stream in a batch while others wait. */
  readonly mostOfOneStream: number;
  /** How long frames may wait for a batch to fill, ms; 0 for never. */
  readonly fillMs: number;
  readonly onBatch: (model: string, size: number) => void;
}

export class LanePool {
  readonly lanes: readonly PoolLane[];
  readonly #rules: BatchRules;
  readonly #frames: BatchQueue<WaitingFrame>;
  readonly #faces: BatchQueue<WaitingFace>;
  readonly #order = newOrder();
  /** How many frames are being decoded and will come soon. */
  #coming: () => number = () => 0;
  #filling: NodeJS.Timeout | null = null;
  #isDraining = false;
  #isClosed = false;

  constructor(lanes: readonly PoolLane[], rules: BatchRules) {
    this.lanes = lanes;
    this.#rules = rules;
    this.#frames = new BatchQueue(rules.mostOfOneStream, this.#order);
    // The faces of a frame stay together: it is done when the last of them is.
    this.#faces = new BatchQueue(Infinity, this.#order);
  }

  get queued(): { readonly frames: number; readonly faces: number } {
    return { frames: this.#frames.size, faces: this.#faces.size };
  }

  /** Tells it whom to ask how many frames are on their way here. */
  expectFrom(coming: () => number): void {
    this.#coming = coming;
  }

  /**
   * The faces in each part of one frame: one part, the whole of it, but for very wide and tall ones.
   * @throws LaneError when its lane fails, NoLaneError when none comes back in time
   */
  async detect(
    parts: readonly DetectItem[],
    origin: Origin,
  ): Promise<StageCost & { readonly found: readonly (readonly FoundFace[])[] }> {
    const answers = await this.#allOf(this.#frames, parts, origin);
    return { found: answers.map(({ faces }) => faces), ...longestLane(answers.map(({ spent }) => spent)) };
  }

  /** What is wanted of the faces of one frame, in their order. @throws LaneError, NoLaneError as `detect` */
  async describe(items: readonly FaceItem[], origin: Origin): Promise<StageCost & { readonly answers: readonly FaceAnswer[] }> {
    const described = await this.#allOf(this.#faces, items, origin);
    return { answers: described.map(({ answer }) => answer), ...longestLane(described.map(({ spent }) => spent)) };
  }

  useGallery(snapshot: GallerySnapshot): void {
    for (const lane of this.lanes) lane.useGallery(snapshot);
  }

  /**
   * While no lane is alive, gives up what was to be answered by now: a lane may take long to come back, or never do. To be
   * called now and then, so that no item needs a timer of its own. Where a lane is alive, what waits is only late.
   * @param nowMs `performance.now()`
   */
  dropOverdue(nowMs: number): void {
    if (!this.#isStranded) return;
    this.#drop(({ origin }) => origin.deadlineMs < nowMs, 'deadline');
  }

  /** From now on what waits while no lane is alive is given up at once. */
  drain(): void {
    this.#isDraining = true;
    this.dispatch();
  }

  /** Finishes what is at work, and rejects what waits. */
  async close(): Promise<void> {
    if (this.#filling !== null) clearTimeout(this.#filling);
    this.#isClosed = true;
    this.dispatch();
    await Promise.all(this.lanes.map((lane) => lane.close()));
  }

  /** Gives every free lane a batch, while there is something to do. */
  dispatch(): void {
    if (this.#isClosed || (this.#isDraining && this.#isStranded)) this.#drop(() => true, 'draining');
    for (let idle = this.#idleLanes(); idle.length > 0; idle = this.#idleLanes()) {
      const [lane] = idle;
      if (lane === undefined) return;
      if (this.#frames.nextFrame === undefined && this.#faces.nextFrame === undefined) this.#order.precedence.forget();
      const faces = this.#faces.size > 0 && (this.#facesAreNext() || this.#isFilling());
      if (faces) void this.#describeOn(lane, this.#faces.take(this.#share(this.#faces.size, idle.length)));
      else if (this.#frames.size > 0 && !this.#isFilling())
        void this.#detectOn(lane, this.#frames.take(this.#share(this.#frames.size, idle.length)));
      else return;
    }
  }

  /** How long it should take until a lane is back, ms; undefined where one is alive. */
  get backInMs(): number | undefined {
    return this.#isStranded ? Math.min(...this.lanes.map((lane) => lane.backInMs)) : undefined;
  }

  /** All items of one frame, in their order. */
  async #allOf<I, A>(
    queue: BatchQueue<Waiting<I, A>>,
    items: readonly I[],
    origin: Origin,
  ): Promise<readonly (A & { readonly spent: Spent })[]> {
    const nowMs = performance.now();
    const waiting = items.map(
      (item) =>
        new Promise<A & { readonly spent: Spent }>((resolve, reject) => {
          queue.add({ item, origin, resolve, reject }, nowMs);
        }),
    );
    this.dispatch();
    // Also where one has failed already: until the others are done, lanes read the frame's memory.
    await Promise.allSettled(waiting);
    return Promise.all(waiting);
  }

  get #isStranded(): boolean {
    return !this.lanes.some(({ alive }) => alive);
  }

  #drop(isDropped: (waiting: { readonly origin: Origin }) => boolean, reason: NoLaneError['reason']): void {
    for (const queue of [this.#frames, this.#faces])
      for (const waiting of queue.remove(isDropped)) waiting.reject(new NoLaneError(reason, this.backInMs));
  }

  /** Faces finish frames that hold memory, so they go before frames, unless such a one is due before them. */
  #facesAreNext(): boolean {
    const [frames, faces] = [this.#frames, this.#faces];
    const areImages = (frames.nextImage ?? faces.nextImage) !== undefined;
    const areFrames = (frames.nextFrame ?? faces.nextFrame) !== undefined;
    const isImage = this.#order.precedence.isImageNext(areImages, areFrames);
    const [frame, face] = isImage ? [frames.nextImage, faces.nextImage] : [frames.nextFrame, faces.nextFrame];
    return face !== undefined && (frame === undefined || !isBefore(frame, face));
  }

  #idleLanes(): PoolLane[] {
    return this.lanes.filter((lane) => lane.idle);
  }

  /** A fair share for one of several free lanes: two lanes and two frames are one frame each, not a batch of two. */
  #share(waiting: number, idleLanes: number): number {
    return Math.min(this.#rules.maxBatch, Math.ceil(waiting / idleLanes));
  }

  /** Whether the frames had better wait for those that are being decoded; it comes back by itself when they have waited enough. */
  #isFilling(): boolean {
    const { fillMs, maxBatch } = this.#rules;
    if (fillMs === 0 || this.#frames.size >= maxBatch || this.#frames.nextImage !== undefined || this.#coming() === 0)
      return false;
    const leftMs = this.#frames.waitingSinceMs + fillMs - performance.now();
    if (leftMs <= 0) return false;
    this.#filling ??= setTimeout(() => {
      this.#filling = null;
      this.dispatch();
    }, Math.ceil(leftMs));
    return true;
  }

  #detectOn(lane: PoolLane, batch: readonly WaitingFrame[]): Promise<void> {
    return this.#run(
      lane,
      batch,
      (items) => lane.detect(items),
      ({ frames }, index) => ({ faces: frames[index] ?? [] }),
    );
  }

  #describeOn(lane: PoolLane, batch: readonly WaitingFace[]): Promise<void> {
    return this.#run(
      lane,
      batch,
      (items) => lane.describe(items),
      ({ answers }, index) => ({ answer: answers[index] ?? { points: [] } }),
    );
  }

  async #run<I, A, R extends LaneCost>(
    lane: PoolLane,
    batch: readonly Waiting<I, A>[],
    run: (items: readonly I[]) => Promise<R>,
    answerOf: (result: R, index: number) => A,
  ): Promise<void> {
    try {
      const result = await run(batch.map(({ item }) => item));
      for (const { model, size } of result.batches) this.#rules.onBatch(model, size);
      const spent = { lane, inferMs: result.inferMs, matchMs: result.matchMs };
      batch.forEach((waiting, index) => waiting.resolve({ ...answerOf(result, index), spent }));
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
    this.dispatch();
  }
}

/**
 * The time of a frame whose faces were in several batches: those of one lane follow each other and add up, those of
 * different lanes overlap, so the longest lane is the frame's time. The faces of a batch share one `Spent`.
 */
function longestLane(spent: readonly Spent[]): StageCost {
  const byLane = new Map<PoolLane, StageCost>();
  let workMs = 0;
  for (const { lane, inferMs, matchMs } of new Set(spent)) {
    const before = byLane.get(lane);
    const work = (before?.workMs ?? 0) + inferMs + matchMs;
    byLane.set(lane, {
      inferMs: (before?.inferMs ?? 0) + inferMs,
      matchMs: (before?.matchMs ?? 0) + matchMs,
      workMs: work,
    });
    workMs += inferMs + matchMs;
  }
  const longest = [...byLane.values()].reduce((a, b) => (b.workMs > a.workMs ? b : a), { inferMs: 0, matchMs: 0, workMs: 0 });
  return { ...longest, workMs };
}
